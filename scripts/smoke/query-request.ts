/**
 * Requests to services with AWS's Query protocol, for two services that the project has no SDK
 * client of.
 *
 * @module
 */
import { sigV4 } from '../../src/client/signing.ts';

const VERSIONS = { sns: '2010-03-31', monitoring: '2010-08-01' } as const;
const TIMEOUT_MS = 20_000;

/** @returns the XML of the response @throws Error with the response of AWS */
export async function query(
  service: keyof typeof VERSIONS,
  region: string,
  parameters: Readonly<Record<string, string>>,
): Promise<string> {
  const url = new URL(`https://${service}.${region}.amazonaws.com/`);
  const body = new URLSearchParams({ Version: VERSIONS[service], ...parameters }).toString();
  const headers = await sigV4({ region, service })({
    method: 'POST',
    url,
    query: [],
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body,
  });
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  if (!response.ok)
    throw new Error(`${parameters.Action}: ${response.status} ${text.slice(0, 500)}`);
  return text;
}
