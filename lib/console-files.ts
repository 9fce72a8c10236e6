/**
 * The files of the web console: one page, which reports whether the API answers on its origin.
 *
 * @module
 */

const INDEX = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Headrace</title>
    <link rel="stylesheet" href="/console.css">
    <script type="module" src="/console.js"></script>
  </head>
  <body>
    <h1>Headrace</h1>
    <p id="status" role="status">Connecting to the API …</p>
  </body>
</html>
`;

const SCRIPT = `const status = document.getElementById('status');
try {
  const response = await fetch('/v1', { cache: 'no-store' });
  status.textContent =
    response.ok || response.status === 401 || response.status === 403
      ? 'The API answers on this origin.'
      : 'The API answers with status ' + response.status + '.';
} catch {
  status.textContent = 'The API does not answer.';
}
`;

const STYLE = `body {
  font-family: system-ui, sans-serif;
  margin: 4rem auto;
  max-width: 40rem;
}
`;

/** Contents by name. No page may hold a script or a style, which its policy forbids. */
export const CONSOLE_FILES: Readonly<Record<string, string>> = {
  'index.html': INDEX,
  'console.js': SCRIPT,
  'console.css': STYLE,
};
