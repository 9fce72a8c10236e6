import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { COMMANDS, GROUPS } from '../../../src/cli/commands/table.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The modules that a file loads when it is imported, without type imports and `import()`. */
function staticImports(file: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(file)) return found;
  found.add(file);
  const statements = readFileSync(file, 'utf8').matchAll(
    /^(?:import|export)\s+(?!type\b)(?:[^;]*?from\s+)?'(\.[^']+)'/gm,
  );
  for (const [, path = ''] of statements) staticImports(join(dirname(file), path), found);
  return found;
}

describe('the table of commands', () => {
  it('the table names each command once, and describes the group of each command with two words', () => {
    const names = COMMANDS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const groups = names.flatMap((name) => (name.includes(' ') ? [name.split(' ')[0]] : []));
    expect(new Set(groups)).toEqual(new Set(Object.keys(GROUPS)));
  });

  it('the table is loaded without the engine, the bundler, the store or the client', () => {
    const loaded = [...staticImports(join(ROOT, 'src/cli/program.ts'))].map((file) =>
      relative(ROOT, file),
    );
    expect(loaded).toContain('src/cli/commands/run.ts');
    const heavy =
      /^src\/(?:engine|controller|evaluator|bundle|codec|runner|wire|api)\/|^src\/cli\/(?:local|remote|dev)\/|^src\/(?:local|client|submit)\/(?!.*(?:errors|package-version)\.ts$)/;
    expect(loaded.filter((file) => heavy.test(file))).toEqual([]);
  });
});
