import { describe, expect, it } from 'vitest';
import {
  isStepReadable,
  logicArtifactKey,
  objectExpirations,
  outputPrefix,
  packageRecordKey,
  packagesPrefix,
  resultKey,
  runOfKey,
  runPrefixes,
  snapshotKey,
  specValueKey,
  uploadKey,
} from '../../../src/model/object-layout.ts';
import { newRunId } from '../../../src/submit/run-id.ts';
import { anInfo } from '../../conformance/records.ts';

const info = anInfo(newRunId(), { project: 'team/forecasts' });
const output = outputPrefix(info, 3, 1);
const upload = (kind: Parameters<typeof uploadKey>[2]) => uploadKey(output, 'job', kind, 0, 'm');
const OWN = [
  upload('model'),
  upload('artifact'),
  upload('runArtifact'),
  resultKey(output, 'job'),
  specValueKey(info, 'hash'),
  logicArtifactKey(info, 'hash'),
  snapshotKey(info, 0, 1, 2),
];

describe('the layout of objects', () => {
  it('models and artifacts of runs have the prefix that does not expire by default', () => {
    const published = [upload('model'), upload('runArtifact'), logicArtifactKey(info, 'hash')];
    const retention = { activeDays: 1, runDays: 1, reuseDays: 1 };
    const expiring = (publishedDays: number | null) =>
      OWN.filter((key) =>
        objectExpirations(retention, publishedDays).some(({ prefix }) => key.startsWith(prefix)),
      );
    expect(expiring(null)).toEqual(OWN.filter((key) => !published.includes(key)));
    expect(expiring(20)).toEqual(OWN);
    expect(upload('model')).toBe(`o/team%2Fforecasts/data/${info.id}/3/1/job/models/0-m`);
  });

  it('all objects of a run are below its prefixes, and name the run', () => {
    for (const key of OWN) {
      expect(runPrefixes(info).filter((prefix) => key.startsWith(prefix))).toHaveLength(1);
      expect(runOfKey(key)).toBe(info.id);
    }
    const packages = packageRecordKey(packagesPrefix(output) ?? '', 'identity');
    expect([packages, 'code/x.js', `x/a/data/${info.id}/1`].map(runOfKey)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('steps read the data of their project, and no history', () => {
    const readable = OWN.filter((key) => isStepReadable('team/forecasts', key));
    const internal = [logicArtifactKey(info, 'hash'), snapshotKey(info, 0, 1, 2)];
    expect(readable).toEqual(OWN.filter((key) => !internal.includes(key)));
    expect(OWN.filter((key) => isStepReadable('team', key))).toEqual([]);
  });
});
