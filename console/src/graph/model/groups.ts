/**
 * Structural groups of calls: `group(call) = (component, set of the groups of its parents)`.
 *
 * 1. Calls are grouped in their order. Parents come before their children, so a call's group is
 *    final: appending calls changes no group of an earlier call, and numbers of groups are stable.
 * 2. Each call is in exactly one group. Edges between groups lead from a smaller number to a larger
 *    one: the quotient graph has no cycle.
 *
 * @module
 */
import type { RunColumns } from '../../live/columns.ts';
import { grown, IntList } from '../../live/growing.ts';

/** What the grouping reads of a run's columns. */
export type CallStructure = Pick<
  RunColumns,
  'known' | 'component' | 'rangesOf' | 'rangeFirst' | 'rangeLast'
>;

export interface Group {
  /** The number of the component. */
  readonly component: number;
  readonly members: IntList;
  /** Numbers of the groups of the parents, ascending. */
  readonly parents: readonly number[];
  /** For each of `parents`, the number of edges between calls. */
  readonly edges: number[];
}

/** Ranges longer than this are counted once, however many calls have them as parents. */
const MEMOIZED_RANGE = 32;
const MAX_MEMOS = 256;

type GroupCounts = readonly (readonly [group: number, calls: number])[];

export class CallGroups {
  readonly groups: Group[] = [];
  /** The group of each call before `known`. */
  groupOf = new Int32Array(0);
  known = 0;

  readonly #byKey = new Map<number, number>();
  /** Codes of sets of several parents. A set of one parent needs no entry. */
  readonly #setCodes = new Map<string, number>();
  readonly #memos = new Map<number, GroupCounts>();
  /** Scratch: edges of the present call by parent group, and the groups that have some. */
  #found = new Float64Array(0);
  readonly #touched: number[] = [];

  /** Groups the calls that were added since the last time. */
  append(calls: CallStructure): void {
    this.groupOf = grown(this.groupOf, calls.known, -1);
    for (let call = this.known; call < calls.known; call++) this.#append(calls, call);
    this.known = Math.max(this.known, calls.known);
  }

  #append(calls: CallStructure, call: number): void {
    const touched = this.#touched;
    touched.length = 0;
    const end = calls.rangesOf[call + 1] ?? 0;
    for (let range = calls.rangesOf[call] ?? 0; range < end; range++) {
      this.#countRange(calls.rangeFirst[range] ?? 0, calls.rangeLast[range] ?? -1);
    }
    touched.sort((a, b) => a - b);
    const component = calls.component[call] ?? 0;
    const key = component * 2 ** 32 + this.#setCode(touched);
    let number = this.#byKey.get(key);
    if (number === undefined) {
      number = this.groups.length;
      this.#byKey.set(key, number);
      this.groups.push({
        component,
        members: new IntList(),
        parents: [...touched],
        edges: touched.map(() => 0),
      });
      this.#found = grown(this.#found, this.groups.length, 0);
    }
    const group = this.groups[number];
    for (const [index, parent] of touched.entries()) {
      if (group !== undefined) {
        group.edges[index] = (group.edges[index] ?? 0) + (this.#found[parent] ?? 0);
      }
      this.#found[parent] = 0;
    }
    group?.members.push(call);
    this.groupOf[call] = number;
  }

  #countRange(first: number, last: number): void {
    if (last - first < MEMOIZED_RANGE) {
      for (let parent = first; parent <= last; parent++) this.#count(this.groupOf[parent] ?? 0, 1);
      return;
    }
    const key = first * 2 ** 26 + last;
    let counts = this.#memos.get(key);
    if (counts === undefined) {
      const found = new Map<number, number>();
      for (let parent = first; parent <= last; parent++) {
        const group = this.groupOf[parent] ?? 0;
        found.set(group, (found.get(group) ?? 0) + 1);
      }
      counts = [...found];
      if (this.#memos.size >= MAX_MEMOS) this.#memos.clear();
      this.#memos.set(key, counts);
    }
    for (const [group, count] of counts) this.#count(group, count);
  }

  #count(group: number, calls: number): void {
    const present = this.#found[group] ?? 0;
    if (present === 0) this.#touched.push(group);
    this.#found[group] = present + calls;
  }

  /** A number for a set of groups: 0, an odd number for one group, an even number for several. */
  #setCode(groups: readonly number[]): number {
    const [first] = groups;
    if (first === undefined) return 0;
    if (groups.length === 1) return first * 2 + 1;
    const text = groups.join(',');
    const present = this.#setCodes.get(text);
    if (present !== undefined) return present;
    const code = (this.#setCodes.size + 1) * 2;
    this.#setCodes.set(text, code);
    return code;
  }
}
