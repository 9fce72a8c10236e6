import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

const path = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

const ENTRY = path('src/app/main.tsx');
const START_SCREEN = path('src/screens/runs/screen.tsx');
/** Modules that the index of a package exports, and that only other screens use. */
const LATER =
  /query-core.*[\\/](queriesObserver|mutationObserver)\.js$|react-query.*[\\/]use(Queries|Mutation)\.js$/;
/**
 * Loads a script when it is needed. A router would reload the page if that failed, and so replace it
 * with an error of the browser while the server is stopped.
 */
const LOAD_SCRIPT = `export const __vitePreload = (load) => load().catch((cause) => {
  throw Object.assign(Error('A part of the page could not be loaded: the server cannot be reached, or was updated.', { cause }), { name: 'ScriptError' });
});`;
/** @type {Set<string> | undefined} */
let startModules;

/**
 * The name of the chunk of what the entry and the list of runs load at once; null for other modules.
 *
 * @param {string} id
 * @param {{ getModuleInfo(id: string): { importedIds: readonly string[] } | null }} context
 */
function startChunk(id, context) {
  if (startModules === undefined) {
    startModules = new Set();
    const waiting = [ENTRY, START_SCREEN];
    for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
      if (startModules.has(each)) continue;
      startModules.add(each);
      waiting.push(...(context.getModuleInfo(each)?.importedIds ?? []));
    }
  }
  return id !== START_SCREEN && startModules.has(id) && !LATER.test(id) ? 'start' : null;
}

/**
 * The build of the console, into `dist/console`. Files refer to one another by relative addresses;
 * `index.html` alone contains `/console/`, and a server under another path replaces it there.
 */
export default defineConfig({
  root: path('.'),
  base: '/console/',
  plugins: [
    tailwindcss(),
    {
      name: 'without-preloads',
      enforce: 'pre',
      // Nothing is preloaded: there is one style sheet, and shared code is in the first chunk.
      load: (id) => (id.endsWith('vite/preload-helper.js') ? LOAD_SCRIPT : undefined),
    },
  ],
  // React has had the hook since version 18.
  resolve: {
    alias: {
      'use-sync-external-store/shim/with-selector': 'use-sync-external-store/with-selector',
    },
  },
  publicDir: false,
  server: { proxy: { '^/(v1|console/(session|config\\.json))': 'http://127.0.0.1:4750' } },
  logLevel: 'warn',
  worker: { format: 'es' },
  experimental: {
    renderBuiltUrl: (_file, { hostType }) => (hostType === 'html' ? undefined : { relative: true }),
  },
  build: {
    outDir: path('../dist/console'),
    emptyOutDir: true,
    target: ['chrome123', 'firefox120', 'safari17.5'],
    sourcemap: false,
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    // Browsers have it, and what most screens share is one chunk.
    modulePreload: false,
    reportCompressedSize: false,
    rolldownOptions: {
      // Its index has classes for words, sentences and JSON, which are made when they are loaded.
      treeshake: {
        moduleSideEffects: [{ test: /node_modules[\\/]diff[\\/]/, sideEffects: false }],
      },
      output: {
        // Small chunks compress badly.
        codeSplitting: {
          groups: [
            { name: startChunk, debugName: 'start', priority: 2 },
            {
              name: 'shared',
              test: /console[\\/]src[\\/](ui|format|api|live|forms)[\\/]|(query-core|react-query)[\\/]/,
              priority: 1,
            },
            {
              // What the list of runs loads after its first view.
              name: 'later',
              test: /src[\\/](app[\\/](banners|help-dialog|not-found|palette|session-ended)|screens[\\/]runs[\\/](?!screen))/,
            },
            {
              name: 'lists',
              test: /src[\\/]screens[\\/](cache|models|pipelines?|queues|schedules|settings)[\\/]/,
            },
            { name: 'charts', test: /src[\\/]charts[\\/]/ },
            {
              name: 'metrics',
              test: /src[\\/]screens[\\/]run[\\/](metrics|step-panel[\\/]metrics-section)/,
            },
            {
              // The page of a step shows what the panel of a run shows.
              name: 'run',
              test: /src[\\/]screens[\\/](run[\\/](?!metrics|artifacts|step-panel[\\/]metrics-section)|step[\\/]screen)/,
            },
            {
              name: 'outputs',
              test: /src[\\/]screens[\\/](run[\\/]artifacts|step[\\/](artifacts|code))\b/,
            },
          ],
        },
        // The budget finds the chunks of screens by their names.
        chunkFileNames: ({ facadeModuleId, name }) => {
          const screen = /screens[\\/]([\w-]+)[\\/]screen\.tsx$/.exec(facadeModuleId ?? '')?.[1];
          return `assets/${screen === undefined ? name : `screen-${screen}`}-[hash].js`;
        },
      },
      // React's directives for servers have no meaning here, and no time is worth a line.
      onLog: (level, log, handler) => {
        if (!/^(MODULE_LEVEL_DIRECTIVE|PLUGIN_TIMINGS)$/.test(log.code ?? '')) handler(level, log);
      },
    },
  },
});
