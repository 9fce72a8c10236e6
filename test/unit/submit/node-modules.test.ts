import { expect, it, onTestFinished } from 'vitest';
import { engineFinding } from '../../../src/cli/doctor/machine-findings.ts';
import { projectFindings } from '../../../src/cli/doctor/project-findings.ts';
import { loadEngine } from '../../../src/launch/load-engine.ts';
import { compile } from '../../../src/submit/compile.ts';
import { PlugAndPlayError, requireNodeModules } from '../../../src/submit/node-modules.ts';

const { versions } = process;

it("a program under Plug'n'Play of yarn is refused before it bundles or opens a home", async () => {
  Object.defineProperty(process, 'versions', { value: { ...versions, pnp: '3' } });
  onTestFinished(() => void Object.defineProperty(process, 'versions', { value: versions }));
  await expect(compile({ file: 'missing.ts' })).rejects.toThrow(PlugAndPlayError);
  await expect(loadEngine({ home: '/nowhere' })).rejects.toThrow(PlugAndPlayError);
  const advice = [expect.stringContaining('nodeLinker: node-modules')];
  expect(projectFindings(process.cwd())).toContainEqual(
    expect.objectContaining({ subject: 'headrace', status: 'warn', advice }),
  );
  expect(await engineFinding()).toMatchObject({ status: 'fail', advice });
});

it('a program with node_modules is accepted', () => {
  expect(() => requireNodeModules()).not.toThrow();
});
