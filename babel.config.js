// Jest turns the modules of JupyterLab's packages into ones that Node understands by this.
module.exports = require('@jupyterlab/testing/lib/babel-config').default;
