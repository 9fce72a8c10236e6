/**
 * The versions of pipelines.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import { VersionTakenError } from '../../src/ports/registry.ts';
import { freshPorts, type MakePorts } from './ports.ts';

const iris = { project: 'examples', name: 'iris' };

export function registryConformance(makePorts: MakePorts): void {
  describe('registry', () => {
    const ports = freshPorts(makePorts);

    test('a new version is taken, the same version with the same code is the same', async () => {
      const { registry } = ports();
      expect(await registry.register(iris, '0.1.0', 'code a', true)).toBe('0.1.0');
      expect(await registry.register(iris, '0.1.0', 'code a', true)).toBe('0.1.0');
      expect(await registry.register(iris, '0.1.0', 'code a', false)).toBe('0.1.0');
    });

    test('other code under a version gets the next patch version that is free or has this code', async () => {
      const { registry } = ports();
      await registry.register(iris, '1.2.9', 'code a', true);
      await registry.register(iris, '1.2.10', 'code x', true);
      expect(await registry.register(iris, '1.2.9', 'code b', true)).toBe('1.2.11');
      expect(await registry.register(iris, '1.2.9', 'code b', true)).toBe('1.2.11');
      expect(await registry.register(iris, '1.2.9', 'code c', true)).toBe('1.2.12');
      expect(await registry.register(iris, '1.2.9', 'code a', true)).toBe('1.2.9');
    });

    test('without the bump, other code is refused with the pipeline and the version, and nothing is taken', async () => {
      const { registry } = ports();
      await registry.register(iris, '1.0.0', 'code a', false);
      await expect(registry.register(iris, '1.0.0', 'code b', false)).rejects.toThrow(VersionTakenError);
      await expect(registry.register(iris, '1.0.0', 'code b', false)).rejects.toMatchObject({ pipeline: 'iris', version: '1.0.0' });
      expect(await registry.register(iris, '1.0.1', 'code c', false)).toBe('1.0.1');
    });

    test('pipelines of other names and projects have versions of their own', async () => {
      const { registry } = ports();
      await registry.register(iris, '1.0.0', 'code a', true);
      expect(await registry.register({ ...iris, name: 'other' }, '1.0.0', 'code b', true)).toBe('1.0.0');
      expect(await registry.register({ ...iris, project: 'other' }, '1.0.0', 'code b', true)).toBe('1.0.0');
    });

    test('codes that are registered at once get different versions', async () => {
      const { registry } = ports();
      const versions = await Promise.all(Array.from({ length: 6 }, (_, n) => registry.register(iris, '1.0.0', `code ${n}`, true)));
      expect(new Set(versions).size).toBe(6);
    });
  });
}
