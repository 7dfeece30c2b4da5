// A node's card with all of its rows; page.js, sheet.js and table.js stand before it.

function render({ model, el }) {
  if (isAlone(el)) return undefined; // opened anew without its kernel: the static card has rows, this one none
  const kernel = new Kernel(model);
  const table = new TableView(kernel, model.get("node"));
  const root = html("div", { class: "odibi-live odibi-rows-card" });
  root.innerHTML = model.get("card"); // made by the kernel from escaped texts; it holds no script
  const card = root.firstElementChild;
  card.insertBefore(table.root, card.querySelector(":scope > details"));
  const stop = () => {
    table.stop();
    kernel.stop();
  };
  const end = mount(model, el, { root, stop }, {});
  table.open();
  return end;
}

export default { render };
