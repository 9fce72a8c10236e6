/**
 * Loads the implementation of `Buffer` when it is called. CommonJS, because that is what every
 * loader and bundler evaluates where it is asked for, and not before.
 *
 * @module
 */
// The path, because the name alone is the module of Node.js.
module.exports = () => require('buffer/index.js');
