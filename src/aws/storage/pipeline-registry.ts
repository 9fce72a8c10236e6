/**
 * Pipelines and their versions in DynamoDB, in the table of runs. The numbers refer to the rules of
 * the port.
 *
 * ```
 * V#project#pipeline        | version        hash of its code, and where its content is
 * V#project#pipeline#content | version#id#part   content, written before the version names it
 * PIPELINES                 | project name   the highest version
 * ```
 *
 * 1. A version is written only if it does not exist: of two registrations with different code, one
 *    wins.
 * 2. The content of a version is in items of its own, so that a list of versions does not read it.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  compareVersions,
  type PipelineName,
  type PipelineSummary,
  type PipelineVersion,
  type Registry,
  type VersionContent,
  type VersionSummary,
  VersionTakenError,
} from '../../ports/registry.ts';
import { decodeDocument, encodeDocument } from '../dynamodb/documents.ts';
import {
  bytes,
  bytesIn,
  endOfPrefix,
  IF_ABSENT,
  type Item,
  type ItemKey,
  inParallel,
  number,
  numberIn,
  prefixRange,
  Table,
  text,
  textIn,
} from '../dynamodb/table.ts';

export interface DynamoRegistryOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
}

export function createDynamoRegistry({ client, table }: DynamoRegistryOptions): Registry {
  return new DynamoRegistry(new Table(client, table));
}

const VERSION_DIGITS = 12;
const PART_BYTES = 340_000;
/** Sorts before all characters of a name, so that keys sort by project, then by name. */
const NAME_SEPARATOR = '\u0001';

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
const contentPartition = (pipeline: PipelineName): string => `${partition(pipeline)}#content`;
const contentPrefix = (version: string, id: string): string =>
  `${toSortableVersion(version)}#${id}#`;
const PIPELINES = 'PIPELINES';

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
    while (true) {
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
    const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
    const { pk, sk: from } = versionKey(pipeline, version);
    const registered = new Map<string, string>();
    for await (const page of this.#table.pages({
      pk,
      from,
      to: endOfPrefix(toSortableVersion(`${major}.${minor}.`).slice(0, -VERSION_DIGITS)),
      limit: 200,
    })) {
      for (const item of page) registered.set(textIn(item, 'sk'), textIn(item, 'h'));
      const [, , last = 0] = fromSortableVersion(textIn(page.at(-1) ?? {}, 'sk'))
        .split('.')
        .map(Number);
      for (let next = patch; next <= last; next += 1) {
        const hash = registered.get(toSortableVersion(`${major}.${minor}.${next}`));
        if (hash === undefined || hash === codeHash) return `${major}.${minor}.${next}`;
      }
    }
    return `${major}.${minor}.${patch + registered.size}`;
  }

  async #putContent(
    pipeline: PipelineName,
    version: string,
    content: VersionContent,
  ): Promise<void> {
    const document = encodeDocument(content);
    const id = randomBytes(9).toString('base64url');
    const parts = Array.from({ length: Math.ceil(document.length / PART_BYTES) }, (_, n) => n);
    await inParallel(parts, (part) =>
      this.#table.put(
        {
          pk: contentPartition(pipeline),
          sk: `${contentPrefix(version, id)}${String(part).padStart(4, '0')}`,
        },
        { d: bytes(document.subarray(part * PART_BYTES, (part + 1) * PART_BYTES)) },
      ),
    );
    const before = await this.#table.get(versionKey(pipeline, version));
    await this.#table.update(versionKey(pipeline, version), {
      set: { c: text(id), n: number(parts.length), t: number(content.createdAt) },
    });
    if (before?.c === undefined) return;
    const old = await this.#contentParts(pipeline, version, textIn(before, 'c'));
    await inParallel(old, (item) =>
      this.#table.delete({ pk: textIn(item, 'pk'), sk: textIn(item, 'sk') }),
    );
  }

  #contentParts(pipeline: PipelineName, version: string, id: string): Promise<readonly Item[]> {
    return this.#table.list(prefixRange(contentPartition(pipeline), contentPrefix(version, id)));
  }

  async #raiseLatest(pipeline: PipelineName, version: string): Promise<void> {
    const { project, name } = pipeline;
    const latest = text(toSortableVersion(version));
    const higher = {
      expression: 'attribute_not_exists(latest) OR latest < :latest',
      values: { ':latest': latest },
    };
    await this.#table.update(
      { pk: PIPELINES, sk: `${project}${NAME_SEPARATOR}${name}` },
      { set: { latest, project: text(project), name: text(name) } },
      higher,
    );
  }

  async version(pipeline: PipelineName, version: string): Promise<PipelineVersion | undefined> {
    while (true) {
      const item = await this.#table.get(versionKey(pipeline, version));
      if (item === undefined) return undefined;
      const summary = summaryOf(item);
      if (item.c === undefined) return { ...summary, content: null };
      const parts = await this.#contentParts(pipeline, version, textIn(item, 'c'));
      // Otherwise another registration replaced the content meanwhile.
      if (parts.length === numberIn(item, 'n'))
        return {
          ...summary,
          content: decodeDocument<VersionContent>(
            Buffer.concat(parts.map((part) => bytesIn(part, 'd'))),
          ),
        };
    }
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

  async pipelines({
    project,
    after,
    limit,
  }: Parameters<Registry['pipelines']>[0]): Promise<readonly PipelineSummary[]> {
    const prefix = project === undefined ? '' : `${project}${NAME_SEPARATOR}`;
    const afterKey =
      after === undefined ? '' : `${after.project}${NAME_SEPARATOR}${after.name}${NAME_SEPARATOR}`;
    const from = afterKey > prefix ? afterKey : prefix || ' ';
    const to = endOfPrefix(prefix);
    if (from > to) return [];
    const items = await this.#table.list({ pk: PIPELINES, from, to, limit }, limit);
    return items.map((item) => ({
      project: textIn(item, 'project'),
      name: textIn(item, 'name'),
      latest: fromSortableVersion(textIn(item, 'latest')),
    }));
  }
}

const summaryOf = (item: Item): VersionSummary => ({
  version: fromSortableVersion(textIn(item, 'sk')),
  codeHash: textIn(item, 'h'),
  createdAt: item.t === undefined ? null : numberIn(item, 't'),
});
