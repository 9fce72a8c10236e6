/**
 * Loads cbor-x when it is called. CommonJS, because that is what every loader and bundler evaluates
 * where it is asked for, and not before.
 *
 * @module
 */
module.exports = () => require('cbor-x/index-no-eval');
