import { describe, expect, it } from 'vitest';
import { callPages, collect, itemPages } from '../../../src/ports/pages.ts';

/** A list of calls as a port reads it, and the requests that it received. */
function aCallList(calls: readonly number[]) {
  const requests: [after: number, limit: number][] = [];
  return {
    requests,
    read: async (after: number, limit: number) => {
      requests.push([after, limit]);
      return calls.filter((call) => call > after).slice(0, limit);
    },
  };
}

/** A numbered list whose pages hold at most `maxPageSize` items. */
function anItemList(length: number, maxPageSize: number) {
  const requests: [from: number, limit: number][] = [];
  return {
    requests,
    read: async (from: number, limit: number) => {
      requests.push([from, limit]);
      const end = Math.min(length, from + Math.min(limit, maxPageSize));
      return Array.from({ length: Math.max(0, end - from) }, (_, index) => from + index);
    },
  };
}

describe('pages of calls', () => {
  it('a page with fewer calls than the limit is the last', async () => {
    const { requests, read } = aCallList([1, 4, 9]);
    const pages: (readonly number[])[] = [];
    for await (const page of callPages(read, { limit: 2 })) pages.push(page);
    expect(pages).toEqual([[1, 4], [9]]);
    expect(requests).toEqual([
      [-1, 2],
      [4, 2],
    ]);
  });

  it('a full last page is followed by one request, and no empty page', async () => {
    const { requests, read } = aCallList([1, 4]);
    const pages: (readonly number[])[] = [];
    for await (const page of callPages(read, { limit: 2 })) pages.push(page);
    expect(pages).toEqual([[1, 4]]);
    expect(requests).toHaveLength(2);
  });

  it('a consumer that stops early requests no further page', async () => {
    const { requests, read } = aCallList([1, 4, 9]);
    for await (const _ of callPages(read, { after: 1, limit: 1 })) break;
    expect(requests).toEqual([[1, 1]]);
  });
});

describe('pages of a numbered list', () => {
  it('a short page is not the last', async () => {
    const { read } = anItemList(5, 2);
    expect(await collect(itemPages(read, { from: 1 }))).toEqual([1, 2, 3, 4]);
  });

  it('no item behind the end is requested', async () => {
    const { requests, read } = anItemList(9, 9);
    expect(await collect(itemPages(read, { from: 2, end: 7, limit: 3 }))).toEqual([2, 3, 4, 5, 6]);
    expect(requests).toEqual([
      [2, 3],
      [5, 2],
    ]);
  });

  it('a list from its end on is empty, and costs no request', async () => {
    const { requests, read } = anItemList(9, 9);
    expect(await collect(itemPages(read, { from: 7, end: 7 }))).toEqual([]);
    expect(requests).toEqual([]);
  });
});
