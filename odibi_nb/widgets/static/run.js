// A run in the output of a cell; page.js and progress.js stand before it.

function render({ model, el }) {
  const kernel = new Kernel(model);
  const progress = new RunProgress(kernel);
  progress.root.classList.add("odibi-live"); // in a graph, that is one
  const end = mount(model, el, progress, { "change:progress": () => progress.show(model.get("progress")) });
  progress.show(model.get("progress"));
  return () => {
    end();
    kernel.stop();
  };
}

export default { render };
