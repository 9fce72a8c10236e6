/**
 * The connection of clients to the emulator that a suite runs against.
 *
 * @module
 */

export interface Emulator {
  /** `http://127.0.0.1:<port>`; empty for an AWS account. */
  readonly endpoint: string;
  /** Environment variables for the SDK: `AWS_ENDPOINT_URL`, region and credentials. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const credentials = {
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
};

/** Environment variables for an emulator that accepts any credentials. */
export const environmentOf = (endpoint: string): Readonly<Record<string, string>> => ({
  ...credentials,
  AWS_ENDPOINT_URL: endpoint,
});

/** Options of an SDK client for the emulator, or for the account of the environment's profile. */
export const clientOptions = ({ endpoint, environment }: Emulator) =>
  endpoint === ''
    ? { ...(environment.AWS_REGION !== undefined && { region: environment.AWS_REGION }) }
    : {
        endpoint,
        region: environment.AWS_REGION ?? credentials.AWS_REGION,
        credentials: {
          accessKeyId: environment.AWS_ACCESS_KEY_ID ?? credentials.AWS_ACCESS_KEY_ID,
          secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? credentials.AWS_SECRET_ACCESS_KEY,
        },
      };
