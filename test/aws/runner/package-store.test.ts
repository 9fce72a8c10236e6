import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type ContainerServices, resultOf, startContainerServices } from './container-services.ts';
import { runProgram } from './program.ts';
import { PUBLISHED, type Registry, startRegistry } from './registry.ts';

let services: ContainerServices;
beforeAll(async () => {
  services = await startContainerServices();
});
afterAll(() => services?.stop());

const CODE = "import { add } from 'adding'; export default () => add(40, 2);";
const EXACT = [{ name: 'adding', version: '2.0.0' }];

async function aRegistry(): Promise<Registry> {
  const registry = await startRegistry(PUBLISHED);
  onTestFinished(() => registry.stop());
  return registry;
}

/** A new project, whose steps share no stored packages with other tests. */
function aProject() {
  const project = `team-${randomUUID()}`;
  const folder = `p/${project}/data/packages/`;
  return {
    /** Runs the step in a new container. Returns the step's result and the container's log. */
    async run(
      registry: Registry,
      packages: readonly { readonly name: string; readonly version: string }[] = EXACT,
    ) {
      const submitted = await services.submit({
        code: CODE,
        spec: { packages: [...packages], outputPrefix: `p/${project}/data/${randomUUID()}/0/1` },
      });
      const { log } = await runProgram(submitted, registry.variables);
      return { result: resultOf(await services.messages(submitted.job)), log };
    },
    storedKeys: () => services.keys(folder),
  };
}

describe('installed packages', () => {
  test('installed packages are read from the store by the next container of the project, without the registry', async () => {
    const registry = await aRegistry();
    const project = aProject();
    expect((await project.run(registry)).result).toEqual([42, '1.2.0']);
    const fetched = registry.fetched.length;
    expect(fetched).toBe(2);
    const second = await project.run(registry);
    expect(second.result).toEqual([42, '1.2.0']);
    expect(second.log).toMatch(/^packages: .* MiB from the project's store$/m);
    expect(registry.fetched).toHaveLength(fetched);
    expect(await project.storedKeys()).toHaveLength(2);
  });

  test('packages are installed separately for each project, each list and each registry', async () => {
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
    expect(await project.storedKeys()).toHaveLength(6);
  });

  test('packages with version ranges are resolved each time, and not stored', async () => {
    const registry = await aRegistry();
    const project = aProject();
    await project.run(registry, [{ name: 'adding', version: '^2.0.0' }]);
    await project.run(registry, [{ name: 'adding', version: '^2.0.0' }]);
    expect(registry.fetched).toHaveLength(4);
    expect(await project.storedKeys()).toEqual([]);
  });
});
