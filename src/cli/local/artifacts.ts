/** `headrace artifacts …` on artifacts of this machine. */

import type { ExitCode } from '../../launch/exit-codes.ts';
import type { HomeRecords } from '../../launch/load-engine.ts';
import type { Artifact, Model } from '../../model/artifacts.ts';
import type { RunId } from '../../model/ids.ts';
import { collect, namedPages } from '../../ports/pages.ts';
import type { Output } from '../../view/output.ts';
import { stepPages } from '../../view/run-report.ts';
import {
  type ArtifactListEntry,
  type ArtifactName,
  listEntries,
  missingArtifactError,
  onlyStep,
  outputValue,
  printArtifacts,
} from '../artifact-output.ts';
import type { GetArtifactOptions, JsonOption, TargetOptions } from '../option-types.ts';
import { selectSteps, withSelectedRun } from '../select.ts';

interface Owner {
  readonly artifacts: readonly Artifact[];
  readonly models: readonly Model[];
}

export async function list(
  text: string,
  step: string | undefined,
  options: TargetOptions & JsonOption,
  output: Output,
): Promise<ExitCode> {
  const entries = await withSelectedRun(text, options, async ({ records, run }) => {
    const { info } = run;
    if (step !== undefined)
      return (await selectSteps(records, info.id, step)).flatMap((each) =>
        entriesOf(each.name, each),
      );
    const found = entriesOf(null, await outputsOf(records, info.id));
    for await (const page of stepPages(records.queries, info.id))
      for (const each of page) found.push(...entriesOf(each.name, each));
    return found;
  });
  return await printArtifacts(entries, options.json, output);
}

/** The artifacts and models of the run itself. */
const outputsOf = async ({ queries }: HomeRecords, run: RunId): Promise<Owner> => ({
  artifacts: await collect(namedPages((page) => queries.runArtifacts(run, page))),
  models: await collect(namedPages((page) => queries.runModels(run, page))),
});

const entriesOf = (step: string | null, { artifacts, models }: Owner): ArtifactListEntry[] =>
  listEntries(
    step,
    artifacts,
    models.map(({ value, ...model }) => ({ ...model, type: value.format })),
  );

export async function get(
  text: string,
  selected: ArtifactName,
  options: GetArtifactOptions,
  output: Output,
): Promise<ExitCode> {
  const { step, name } = selected;
  return await withSelectedRun(text, options, async ({ records, run }) => {
    const { info } = run;
    const owner: Owner =
      (step === undefined
        ? undefined
        : onlyStep(step, await selectSteps(records, info.id, step))) ??
      (await outputsOf(records, info.id));
    const items = [...owner.artifacts, ...owner.models];
    const found = items.find((each) => each.name === name);
    if (found === undefined)
      throw missingArtifactError(
        info.id,
        selected,
        items.map((each) => each.name),
      );
    return await outputValue(found.value, name, options.output, records.objects, output);
  });
}
