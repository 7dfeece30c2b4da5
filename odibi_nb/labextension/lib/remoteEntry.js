// A module-federation container, by hand: Lab calls init() with the packages it shares, then get() for what
// package.json names. Not in a folder `static`: Jupyter has browsers keep those for a year, whatever changes.
var _JUPYTERLAB = window._JUPYTERLAB ?? {};
_JUPYTERLAB["odibi-nb"] = (() => {
  const MODULES = { "./extension": "./plugins.js", "./cell": "./cell.js", "./python": "./python.js" };
  let shared;

  const isOlder = (a, b) => {
    const [left, right] = [a, b].map((version) => version.split(/[.-]/).map(Number));
    const at = left.findIndex((number, index) => number !== right[index]);
    return at >= 0 && left[at] < right[at];
  };

  // The choice that webpack makes for a singleton: the version that is loaded already, else the newest.
  async function load(name) {
    const versions = shared[name] ?? {};
    const chosen = Object.keys(versions).reduce((best, one) =>
      !versions[best].loaded && isOlder(best, one) ? one : best,
    );
    versions[chosen].loaded = 1;
    return (await versions[chosen].get())();
  }

  return {
    init(scope) {
      shared = scope;
    },
    async get(name) {
      const module = await import(MODULES[name]);
      const exported = name === "./extension" ? { default: await module.plugins(load) } : module;
      return () => ({ __esModule: true, ...exported });
    },
  };
})();
