/**
 * Reads the names that a home has, for completion: runs, steps, pipelines, models, and the profiles
 * of this user. Names behind an API are not read, because a key press must not wait for a network.
 *
 * @module
 */
import { findHome } from '../../launch/home.ts';
import type { HomeRecords } from '../../launch/load-engine.ts';
import { readProfiles } from '../../launch/remote/profiles.ts';
import { runLabel } from '../../view/view.ts';
import { withRecordsIfAny } from '../records.ts';
import { selectRun } from '../select.ts';
import { isRemote } from '../target.ts';
import type { Candidate, NameReader, NameRequest } from './candidates.ts';

const MAX_RUNS = 50;
const MAX_STEPS = 500;

export const homeNames: NameReader = async (request) => {
  try {
    if (request.kind === 'profile')
      return Object.entries(readProfiles().profiles).map(([word, { endpoint }]) => ({
        word,
        description: endpoint,
      }));
    const { options } = request;
    if (isRemote(targetOf(options))) return [];
    const home = findHome(options.get('--home'), process.cwd());
    return await withRecordsIfAny<readonly Candidate[]>(home, [], (records) =>
      readNames(records, request),
    );
  } catch {
    // A message would stand in the middle of the line that the user types.
    return [];
  }
};

const targetOf = (options: NameRequest['options']) => ({
  mode: options.get('--mode'),
  endpoint: options.get('--endpoint'),
  profile: options.get('--profile'),
});

async function readNames(
  records: HomeRecords,
  { kind, run }: NameRequest,
): Promise<readonly Candidate[]> {
  switch (kind) {
    case 'run':
      return await runNames(records);
    case 'step':
      return await stepNames(records, run ?? 'latest');
    case 'pipeline':
      return (await pipelinesOf(records)).map((name) => ({ word: name, description: '' }));
    default:
      return [];
  }
}

async function runNames({ queries }: HomeRecords): Promise<readonly Candidate[]> {
  const runs = await queries.runs({ limit: MAX_RUNS });
  if (runs.length === 0) return [];
  return [
    { word: 'latest', description: 'the newest run' },
    ...runs.map(({ info, head }) => ({
      word: `${info.pipeline}#${info.number}`,
      description: `${info.project}, ${head.status}`,
    })),
  ];
}

/** The steps of the run and their components, each once. */
async function stepNames(records: HomeRecords, text: string): Promise<readonly Candidate[]> {
  const run = await selectRun(records, text);
  const steps = await records.queries.allSteps(run.info.id, MAX_STEPS);
  const names = new Map<string, string>();
  for (const { name, component, status } of steps) {
    names.set(name, status);
    if (!names.has(component)) names.set(component, `all calls in ${runLabel(run)}`);
  }
  return [...names].map(([word, description]) => ({ word, description }));
}

async function pipelinesOf({ queries }: HomeRecords): Promise<readonly string[]> {
  const runs = await queries.runs({ limit: MAX_RUNS });
  return [...new Set(runs.map(({ info }) => info.pipeline))];
}
