#!/usr/bin/env node
/** `npm create headrace [folder]` is `headrace init [folder]`, before Headrace is installed. */
process.argv.splice(2, 0, 'init');
await import(new URL('dist/bin/headrace.js', import.meta.resolve('headrace/package.json')).href);
