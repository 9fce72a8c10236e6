/**
 * Pipelines and their versions in DynamoDB, in the table of runs. The numbers refer to the rules of
 * the port.
 *
 * ```
 * V#project#pipeline        | version        hash of its code, and where its content is
 * V#project#pipeline|version | name#part        parts of its content (`stored-documents.ts`)
 * PIPELINES                 | project name   the highest version
 * ```
 *
 * 1. A version is written only if it does not exist: of two registrations with different code, one
 *    wins.
 * 2. The content of a version is in items of its own, so that a list of versions does not read it.
 *
 * @module
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { MAX_VERSION_NUMBER } from '../../model/ids.ts';
import {
  compareVersions,
  NoPatchVersionLeftError,
  type PatchSearch,
  type PipelineName,
  type PipelineSummary,
  type PipelineVersion,
  type RegisteredPatch,
  type Registry,
  searchPatch,
  type VersionContent,
  type VersionSummary,
  VersionTakenError,
} from '../../ports/registry.ts';
import { decodeDocument, encodeDocument } from '../dynamodb/documents.ts';
import { readParts, removeParts, storeParts } from '../dynamodb/stored-documents.ts';
import {
  endOfPrefix,
  IF_ABSENT,
  type Item,
  type ItemKey,
  number,
  numberIn,
  prefixRange,
  Table,
  text,
  textIn,
} from '../dynamodb/table.ts';
import { listNamed, namedKey } from './named-items.ts';

export interface DynamoRegistryOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
}

export function createDynamoRegistry({ client, table }: DynamoRegistryOptions): Registry {
  return new DynamoRegistry(new Table(client, table));
}

const VERSION_DIGITS = 12;
/** How often a call starts again because another registration changed the version meanwhile. */
const MAX_ATTEMPTS = 100;

const toSortableVersion = (version: string): string =>
  version
    .split('.')
    .map((part) => part.padStart(VERSION_DIGITS, '0'))
    .join('.');
const fromSortableVersion = (sorted: string): string => sorted.split('.').map(Number).join('.');
const partition = ({ project, name }: PipelineName): string => `V#${project}#${name}`;
const versionKey = (pipeline: PipelineName, version: string): ItemKey => ({
  pk: partition(pipeline),
  sk: toSortableVersion(version),
});
const PIPELINES = 'PIPELINES';

const tooManyRegistrations = ({ name }: PipelineName): Error =>
  new Error(
    `the versions of pipeline ${name} are being changed by too many registrations: try again`,
  );

class DynamoRegistry implements Registry {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async register(
    pipeline: PipelineName,
    version: string,
    codeHash: string,
    bump: boolean,
    content?: VersionContent,
  ): Promise<string> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const candidate = bump ? await this.#candidateVersion(pipeline, version, codeHash) : version;
      const outcome = await this.#table.put(
        versionKey(pipeline, candidate),
        { h: text(codeHash) },
        IF_ABSENT,
      );
      const registered = outcome.applied ? codeHash : textIn(outcome.item ?? {}, 'h');
      if (registered !== codeHash) {
        if (bump) continue;
        throw new VersionTakenError(pipeline.name, version);
      }
      if (content !== undefined) await this.#putContent(pipeline, candidate, content);
      await this.#raiseLatest(pipeline, candidate);
      return candidate;
    }
    throw tooManyRegistrations(pipeline);
  }

  /**
   * The lowest patch version from `version` on that is free, or has this code already. A concurrent
   * registration may take it meanwhile.
   */
  async #candidateVersion(
    pipeline: PipelineName,
    version: string,
    codeHash: string,
  ): Promise<string> {
    const [major = 0, minor = 0, first = 0] = version.split('.').map(Number);
    const { pk, sk: from } = versionKey(pipeline, version);
    const { sk: to } = versionKey(pipeline, `${major}.${minor}.${MAX_VERSION_NUMBER}`);
    let search: PatchSearch = { patch: first, found: false };
    for await (const page of this.#table.pages({ pk, from, to, limit: 200 })) {
      search = searchPatch(page.map(patchOf), search.patch, codeHash);
      if (search.found) break;
    }
    if (search.patch > MAX_VERSION_NUMBER)
      throw new NoPatchVersionLeftError(pipeline.name, version);
    return `${major}.${minor}.${search.patch}`;
  }

  async #putContent(
    pipeline: PipelineName,
    version: string,
    content: VersionContent,
  ): Promise<void> {
    const key = versionKey(pipeline, version);
    const parts = await storeParts(this.#table, key, encodeDocument(content), {});
    const before = await this.#table.get(key);
    await this.#table.update(key, { set: { c: text(parts), t: number(content.createdAt) } });
    if (before?.c !== undefined) await removeParts(this.#table, key, textIn(before, 'c'));
  }

  async #raiseLatest(pipeline: PipelineName, version: string): Promise<void> {
    const { project, name } = pipeline;
    const latest = text(toSortableVersion(version));
    const higher = {
      expression: 'attribute_not_exists(latest) OR latest < :latest',
      values: { ':latest': latest },
    };
    await this.#table.update(
      namedKey(PIPELINES, project, name),
      { set: { latest, project: text(project), name: text(name) } },
      higher,
    );
  }

  async version(pipeline: PipelineName, version: string): Promise<PipelineVersion | undefined> {
    const key = versionKey(pipeline, version);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const item = await this.#table.get(key);
      if (item === undefined) return undefined;
      const summary = summaryOf(item);
      if (item.c === undefined) return { ...summary, content: null };
      const document = await readParts(this.#table, key, textIn(item, 'c'));
      // Otherwise another registration replaced the content meanwhile.
      if (document !== undefined)
        return { ...summary, content: decodeDocument<VersionContent>(document) };
    }
    throw tooManyRegistrations(pipeline);
  }

  async versions(
    pipeline: PipelineName,
    { before, limit }: { readonly before?: string | undefined; readonly limit: number },
  ): Promise<readonly VersionSummary[]> {
    const to = before === undefined ? endOfPrefix('9') : toSortableVersion(before);
    const range = { pk: partition(pipeline), from: '0', to, descending: true, limit: limit + 1 };
    const found = (await this.#table.list(range, limit + 1)).map(summaryOf);
    return found
      .filter(({ version }) => before === undefined || compareVersions(version, before) < 0)
      .slice(0, limit);
  }

  async pipelines(page: Parameters<Registry['pipelines']>[0]): Promise<readonly PipelineSummary[]> {
    const items = await listNamed(this.#table, PIPELINES, page);
    return items.map((item) => ({
      project: textIn(item, 'project'),
      name: textIn(item, 'name'),
      latest: fromSortableVersion(textIn(item, 'latest')),
    }));
  }
}

/** Whether a pipeline is registered in a project below this one. */
export async function hasProjectsBelow(table: Table, project: string): Promise<boolean> {
  return (await table.list({ ...prefixRange(PIPELINES, `${project}/`), limit: 1 }, 1)).length > 0;
}

const patchOf = (item: Item): RegisteredPatch => ({
  patch: Number(textIn(item, 'sk').split('.').at(-1)),
  codeHash: textIn(item, 'h'),
});

const summaryOf = (item: Item): VersionSummary => ({
  version: fromSortableVersion(textIn(item, 'sk')),
  codeHash: textIn(item, 'h'),
  createdAt: item.t === undefined ? null : numberIn(item, 't'),
});
