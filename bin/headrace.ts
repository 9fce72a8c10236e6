#!/usr/bin/env node
/** The command `headrace`. It checks the version of Node.js before it imports anything. */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `error: headrace needs Node.js 20.19 or newer, but this is ${process.versions.node}\n`,
  );
  process.exitCode = 2;
} else {
  const { main } = await import('../src/cli/main.ts');
  await main(process.argv);
}
