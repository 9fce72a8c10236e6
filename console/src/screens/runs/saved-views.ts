/**
 * Views that a user of this browser saved: the search parameters of the list under a name.
 *
 * @module
 */

export interface SavedView {
  readonly name: string;
  /** `?status=failed`, or an empty text. */
  readonly search: string;
}

const KEY = 'headrace.runs.views';
const MAX_VIEWS = 100;
const MAX_NAME_LENGTH = 100;
const MAX_SEARCH_LENGTH = 4_000;

/** The views of a text of JSON; undefined if it is not a list of views. */
export function parseViews(text: string): readonly SavedView[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parsed) || !parsed.every(isView)) return undefined;
  return parsed.slice(0, MAX_VIEWS).map(({ name, search }) => ({ name, search }));
}

const isView = (value: unknown): value is SavedView =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  typeof value.name === 'string' &&
  value.name.length > 0 &&
  value.name.length <= MAX_NAME_LENGTH &&
  'search' in value &&
  typeof value.search === 'string' &&
  value.search.length <= MAX_SEARCH_LENGTH &&
  (value.search === '' || value.search.startsWith('?'));

/** The views with one more, or with another search in the place of the view of that name. */
export const withView = (views: readonly SavedView[], view: SavedView): readonly SavedView[] => [
  ...views.filter(({ name }) => name !== view.name).slice(-(MAX_VIEWS - 1)),
  { ...view, name: view.name.slice(0, MAX_NAME_LENGTH) },
];

export function loadViews(): readonly SavedView[] {
  try {
    return parseViews(localStorage.getItem(KEY) ?? '[]') ?? [];
  } catch {
    return [];
  }
}

export function storeViews(views: readonly SavedView[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(views));
  } catch {
    // Without storage they last as long as the page.
  }
}
