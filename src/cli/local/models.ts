/** `headrace models …` on the registry of this machine. */

import {
  type PublishPorts,
  publishModel,
  republishModel,
} from '../../controller/models/publish-model.ts';
import { findHome } from '../../launch/home.ts';
import type { HomeRecords } from '../../launch/load-engine.ts';
import type { Model } from '../../model/artifacts.ts';
import type { ModelVersion } from '../../model/model-version.ts';
import type { Run } from '../../model/run.ts';
import type { Step } from '../../model/step.ts';
import { isStored } from '../../model/value.ts';
import { selectVersion } from '../../ports/model-registry.ts';
import { collect, namedPages } from '../../ports/pages.ts';
import { shownModelUse } from '../../ports/shown-model-use.ts';
import { stepPages } from '../../view/run-report.ts';
import type { ModelCandidate, ModelRecords } from '../models.ts';
import type { TargetOptions } from '../option-types.ts';
import { openRecords } from '../records.ts';
import { selectRun } from '../select.ts';

/** Passes the registry of the home to `action`. */
export async function withModels<T>(
  options: TargetOptions,
  action: (records: ModelRecords) => Promise<T>,
): Promise<T> {
  const records = await openRecords(findHome(options.home, process.cwd()));
  try {
    return await action(modelRecordsOf(records));
  } finally {
    await records.close();
  }
}

function modelRecordsOf(records: HomeRecords): ModelRecords {
  const { models, objects, hintTarget = [] } = records;
  const changed = async (
    { name, project, version }: ModelVersion,
    change: Parameters<typeof models.change>[2],
  ) => {
    const after = await models.change({ project, name }, version, change);
    if (after === undefined) throw new Error(`version ${version} of model ${name} is missing`);
    return after;
  };
  return {
    hintTarget,
    objects,
    models: (project) => models.models({ project, limit: Number.MAX_SAFE_INTEGER }),
    versions: (model, limit) => models.versions(model, { limit }),
    version: (model, selector) => selectVersion(models, model, selector),
    change: changed,
    publish: (version) => republishModel(records, version, Date.now()),
    unpublish: (version) => changed(version, { publishedAt: null }),
    uses: async ({ project, name, version }, limit) => {
      const found = await records.queries.modelUses(
        { project, name, version },
        { limit: limit + 1 },
      );
      const uses = await Promise.all(
        found.slice(0, limit).map((use) => shownModelUse(records.tasks, use)),
      );
      return { uses, moreUses: found.length > limit };
    },
    candidates: async (text) => await candidatesOf(records, await selectRun(records, text)),
  };
}

async function candidatesOf(
  records: HomeRecords & PublishPorts,
  run: Run,
): Promise<readonly ModelCandidate[]> {
  const { id } = run.info;
  const candidate = (step: Step | null, model: Model): ModelCandidate => ({
    step: step === null ? null : step.name,
    name: model.name,
    key: isStored(model.value) ? model.value.key : '',
    publish: (name, tags) =>
      publishModel(records, { run, step, model, name, tags, now: Date.now() }),
  });
  const found = (await collect(namedPages((page) => records.queries.runModels(id, page)))).map(
    (model) => candidate(null, model),
  );
  for await (const page of stepPages(records.queries, id))
    for (const step of page) found.push(...step.models.map((model) => candidate(step, model)));
  return found;
}
