/**
 * Conformance tests of the registry of pipelines and versions.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import { pipelineDeclarationSchema } from '../../src/model/options.ts';
import {
  NoPatchVersionLeftError,
  type VersionContent,
  VersionTakenError,
} from '../../src/ports/registry.ts';
import { freshPorts, type MakePorts } from './ports.ts';
import { anInfo, runId } from './records.ts';

const iris = { project: 'examples', name: 'iris' };

const content = (createdAt: number): VersionContent => ({
  code: anInfo(runId(1)).code,
  declaration: pipelineDeclarationSchema.parse(iris),
  defaultQueue: 'cpu',
  createdAt,
});

export function registryConformance(makePorts: MakePorts): void {
  describe('registry', () => {
    const ports = freshPorts(makePorts);

    test('a new version is registered, and registering the same code again returns it', async () => {
      const { registry } = ports();
      expect(await registry.register(iris, '0.1.0', 'code a', true)).toBe('0.1.0');
      expect(await registry.register(iris, '0.1.0', 'code a', true)).toBe('0.1.0');
      expect(await registry.register(iris, '0.1.0', 'code a', false)).toBe('0.1.0');
    });

    test('other code for a version is registered as the next patch version that is unused or has this code', async () => {
      const { registry } = ports();
      await registry.register(iris, '1.2.9', 'code a', true);
      await registry.register(iris, '1.2.10', 'code x', true);
      expect(await registry.register(iris, '1.2.9', 'code b', true)).toBe('1.2.11');
      expect(await registry.register(iris, '1.2.9', 'code b', true)).toBe('1.2.11');
      expect(await registry.register(iris, '1.2.9', 'code c', true)).toBe('1.2.12');
      expect(await registry.register(iris, '1.2.9', 'code a', true)).toBe('1.2.9');
    });

    test('a version whose patch number is a date is bumped, and free numbers between versions are used', async () => {
      const { registry } = ports();
      await registry.register(iris, '1.0.20261128', 'code a', true);
      expect(await registry.register(iris, '1.0.20261128', 'code b', true)).toBe('1.0.20261129');
      await registry.register(iris, '1.0.999999990', 'code c', true);
      expect(await registry.register(iris, '1.0.20261128', 'code d', true)).toBe('1.0.20261130');
      expect(await registry.register(iris, '1.0.0', 'code c', true)).toBe('1.0.0');
      expect(await registry.register(iris, '1.0.999999990', 'code e', true)).toBe('1.0.999999991');
    });

    test('a version that leaves no higher patch number is rejected with the remedy, and nothing is registered', async () => {
      const { registry } = ports();
      const last = '1.0.999999999';
      expect(await registry.register(iris, last, 'code a', true)).toBe(last);
      expect(await registry.register(iris, last, 'code a', true)).toBe(last);
      await expect(registry.register(iris, last, 'code b', true)).rejects.toThrow(
        'version 1.0.999999999 of pipeline iris and all patch versions above it exist with other code: raise the minor version',
      );
      await expect(registry.register(iris, last, 'code b', true)).rejects.toThrow(
        NoPatchVersionLeftError,
      );
      expect(await registry.versions(iris, { limit: 10 })).toHaveLength(1);
      expect(await registry.register(iris, '1.1.0', 'code b', true)).toBe('1.1.0');
    });

    test('the next patch version after two hundred is found', async () => {
      const { registry } = ports();
      await Promise.all(
        Array.from({ length: 210 }, (_, n) =>
          registry.register(iris, `1.0.${n}`, `code ${n}`, false),
        ),
      );
      await registry.register(iris, '1.0.220', 'code x', false);
      await registry.register(iris, '1.1.0', 'code y', false);
      expect(await registry.register(iris, '1.0.7', 'code z', true)).toBe('1.0.210');
      expect(await registry.register(iris, '1.0.7', 'code 205', true)).toBe('1.0.205');
      expect(await registry.register(iris, '1.0.220', 'code y', true)).toBe('1.0.221');
    });

    test('without bump, other code for a version is rejected, and nothing is registered', async () => {
      const { registry } = ports();
      await registry.register(iris, '1.0.0', 'code a', false);
      await expect(registry.register(iris, '1.0.0', 'code b', false)).rejects.toThrow(
        VersionTakenError,
      );
      await expect(registry.register(iris, '1.0.0', 'code b', false)).rejects.toMatchObject({
        pipeline: 'iris',
        version: '1.0.0',
      });
      expect(await registry.register(iris, '1.0.1', 'code c', false)).toBe('1.0.1');
    });

    test('pipelines with other names or projects have their own versions', async () => {
      const { registry } = ports();
      await registry.register(iris, '1.0.0', 'code a', true);
      expect(await registry.register({ ...iris, name: 'other' }, '1.0.0', 'code b', true)).toBe(
        '1.0.0',
      );
      expect(await registry.register({ ...iris, project: 'other' }, '1.0.0', 'code b', true)).toBe(
        '1.0.0',
      );
    });

    test('different codes that are registered at once have different versions', async () => {
      const { registry } = ports();
      const versions = await Promise.all(
        Array.from({ length: 6 }, (_, n) => registry.register(iris, '1.0.0', `code ${n}`, true)),
      );
      expect(new Set(versions).size).toBe(6);
    });

    test('a version has its latest content; a version that was registered without content has none', async () => {
      const { registry } = ports();
      await registry.register(iris, '1.0.0', 'code a', true);
      expect(await registry.version(iris, '1.0.0')).toEqual({
        version: '1.0.0',
        codeHash: 'code a',
        createdAt: null,
        content: null,
      });
      await registry.register(iris, '1.0.0', 'code a', true, content(5));
      await registry.register(iris, '1.0.0', 'code a', true);
      expect(await registry.version(iris, '1.0.0')).toEqual({
        version: '1.0.0',
        codeHash: 'code a',
        createdAt: 5,
        content: content(5),
      });
      await registry.register(iris, '1.0.0', 'code a', true, content(7));
      expect((await registry.version(iris, '1.0.0'))?.content).toEqual(content(7));
      expect(await registry.version(iris, '1.0.1')).toBeUndefined();
      expect(await registry.version({ ...iris, name: 'other' }, '1.0.0')).toBeUndefined();
    });

    test('versions are listed in pages, highest number first', async () => {
      const { registry } = ports();
      for (const version of ['1.9.0', '1.10.0', '1.2.3', '10.0.0', '2.0.0'])
        await registry.register(iris, version, version, false, content(1));
      const versions = async (page: { readonly before?: string; readonly limit: number }) =>
        (await registry.versions(iris, page)).map(({ version, codeHash, createdAt }) => [
          version,
          codeHash,
          createdAt,
        ]);
      expect((await versions({ limit: 10 })).map(([version]) => version)).toEqual([
        '10.0.0',
        '2.0.0',
        '1.10.0',
        '1.9.0',
        '1.2.3',
      ]);
      expect(await versions({ limit: 2, before: '2.0.0' })).toEqual([
        ['1.10.0', '1.10.0', 1],
        ['1.9.0', '1.9.0', 1],
      ]);
      expect(await versions({ limit: 2, before: '1.2.3' })).toEqual([]);
      expect(await registry.versions({ ...iris, project: 'other' }, { limit: 10 })).toEqual([]);
    });

    test('pipelines are listed in pages by project and name, with their highest version', async () => {
      const { registry } = ports();
      const names = [
        ['b', 'x'],
        ['a', 'y'],
        ['a', 'x'],
        ['a/b', 'x'],
      ] as const;
      for (const [project, name] of names)
        await registry.register({ project, name }, '1.9.0', 'code', false);
      await registry.register({ project: 'a', name: 'y' }, '1.10.0', 'other', false, content(1));
      await registry.register({ project: 'a', name: 'y' }, '1.2.0', 'third', false);
      const pipelines = async (page: Parameters<typeof registry.pipelines>[0]) =>
        (await registry.pipelines(page)).map(
          ({ project, name, latest }) => `${project} ${name} ${latest}`,
        );
      expect(await pipelines({ limit: 10 })).toEqual([
        'a x 1.9.0',
        'a y 1.10.0',
        'a/b x 1.9.0',
        'b x 1.9.0',
      ]);
      expect(await pipelines({ limit: 2, after: { project: 'a', name: 'x' } })).toEqual([
        'a y 1.10.0',
        'a/b x 1.9.0',
      ]);
      expect(await pipelines({ limit: 10, project: 'a' })).toEqual(['a x 1.9.0', 'a y 1.10.0']);
      expect(
        await pipelines({ limit: 10, project: 'a', after: { project: 'a', name: 'y' } }),
      ).toEqual([]);
    });
  });
}
