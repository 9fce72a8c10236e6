import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { resultOf, startWorld, type World } from './container-services.ts';
import { runProgram } from './program.ts';
import { PUBLISHED, type Registry, startRegistry } from './registry.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.stop());

const CODE = "import { add } from 'adding'; export default () => add(40, 2);";
const EXACT = [{ name: 'adding', version: '2.0.0' }];

async function aRegistry(): Promise<Registry> {
  const registry = await startRegistry(PUBLISHED);
  onTestFinished(() => registry.stop());
  return registry;
}

/** A project of the test's own, whose steps have nothing in common with others. */
function aProject() {
  const project = `team-${randomUUID()}`;
  const folder = `p/${project}/data/packages/`;
  return {
    /**
     * Runs the step in a container of its own, with nothing of an earlier one: what the step
     * answers, and the container's log.
     */
    async run(
      registry: Registry,
      packages: readonly { readonly name: string; readonly version: string }[] = EXACT,
    ) {
      const submitted = await world.submit({
        code: CODE,
        spec: { packages: [...packages], outputPrefix: `p/${project}/data/${randomUUID()}/0/1` },
      });
      const { log } = await runProgram(submitted, registry.variables);
      return { result: resultOf(await world.messages(submitted.job)), log };
    },
    kept: () => world.keys(folder),
  };
}

describe('installed packages', () => {
  test('are downloaded by the next container of the project, which asks no registry', async () => {
    const registry = await aRegistry();
    const project = aProject();
    expect((await project.run(registry)).result).toEqual([42, '1.2.0']);
    const fetched = registry.fetched.length;
    expect(fetched).toBe(2);
    const second = await project.run(registry);
    expect(second.result).toEqual([42, '1.2.0']);
    expect(second.log).toMatch(/^packages: .* MiB from the project's store$/m);
    expect(registry.fetched).toHaveLength(fetched);
    expect(await project.kept()).toHaveLength(2);
  });

  test('of another project, of another list, or from another registry are others', async () => {
    const [registry, other] = [await aRegistry(), await aRegistry()];
    const project = aProject();
    await project.run(registry);
    const fetched = registry.fetched.length;
    await aProject().run(registry);
    expect(registry.fetched).toHaveLength(2 * fetched);
    await project.run(registry, [...EXACT, { name: 'counting', version: '1.0.0' }]);
    expect(registry.fetched.length).toBeGreaterThan(2 * fetched);
    await project.run(other);
    expect(other.fetched).toHaveLength(fetched);
    expect(await project.kept()).toHaveLength(6);
  });

  test('in ranges are resolved each time, and not kept', async () => {
    const registry = await aRegistry();
    const project = aProject();
    await project.run(registry, [{ name: 'adding', version: '^2.0.0' }]);
    await project.run(registry, [{ name: 'adding', version: '^2.0.0' }]);
    expect(registry.fetched).toHaveLength(4);
    expect(await project.kept()).toEqual([]);
  });
});
