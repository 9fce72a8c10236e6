import { useQuery } from '@tanstack/react-query';
import { meQuery } from '../api/me.ts';

/** Why the caller may change nothing, for the title of a disabled action; undefined if it may. */
export function useRefusal(): string | undefined {
  const { data } = useQuery(meQuery());
  return data?.readOnly === true ? 'This console is read-only.' : undefined;
}
