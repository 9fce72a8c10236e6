/**
 * The emulators of the test suites as a place to deploy to. Steps run as processes of this machine,
 * and CloudFormation, Lambda, queues and tables are emulated.
 *
 * @module
 */
import type { HeadraceConfig } from '../../lib/config.ts';
import { type Cloud, endpointOf, startCloud } from '../../test/aws/deployed/cloud.ts';
import { directly, resourcesOf } from '../../test/aws/deployed/deploy.ts';
import type { Assembly } from '../../test/aws/deployed/synth.ts';
import { clientOptions } from '../../test/aws/harness/connection.ts';
import { broken } from './broken.ts';
import { leftoversOf } from './leftovers.ts';
import { type Leftover, type Need, type Site, SMOKE_CONFIG } from './site.ts';

const LACKS: Readonly<Partial<Record<Need, string>>> = {
  batch: 'the emulators have no job queues of CloudFormation and no conditions of PassRole',
  images: 'steps are processes of this machine, whatever image they name',
  machines: 'there are no EC2 instances',
  gpus: 'there are no EC2 instances',
  capacity: 'there is no Fargate, whose capacity and quotas could make a job wait',
  'alarm actions': 'the emulator does not evaluate the policy of a topic',
  'response limits': 'the emulator accepts responses of any size from a function',
};

/** CloudFormation refuses an update that changes nothing; `cdk deploy` does not. */
const NO_CHANGES = 'No updates are to be performed';

class EmulatorSite implements Site {
  readonly description = 'emulators on this machine';
  readonly prefix: string;
  readonly region = 'us-east-1';
  readonly config: HeadraceConfig;
  readonly manualRemoval = ['nothing remains: the emulators keep everything in memory'];
  #cloud: Cloud | undefined;
  #assembly: Assembly | undefined;
  #endpoint = '';
  /** Set while the first deployment must fail before it succeeds. */
  #breakFirst = false;
  #failure = '';

  constructor(prefix: string) {
    this.prefix = prefix;
    this.config = { ...SMOKE_CONFIG, prefix };
  }

  get environment(): Readonly<Record<string, string>> {
    return this.#cloud?.environment ?? {};
  }

  lacks(need: Need): string | undefined {
    return LACKS[need];
  }

  /** The harness starts with a deployment, so the failed one and a repeated one are one call. */
  async deployBroken(config: HeadraceConfig): Promise<string> {
    this.#breakFirst = true;
    await this.deploy(config);
    return this.#failure;
  }

  async deploy(config: HeadraceConfig): Promise<string> {
    const own = { ...config, prefix: this.prefix };
    if (this.#cloud === undefined) {
      this.#cloud = await startCloud({
        config: own,
        deployer: {
          deploy: async (aws, assembly) => {
            this.#assembly = assembly;
            if (this.#breakFirst) await this.#fail(aws, assembly);
            const outputs = await directly.deploy(aws, assembly);
            this.#endpoint = endpointOf(aws, outputs);
            return outputs;
          },
          destroy: directly.destroy,
        },
      });
    } else
      await this.#cloud.update(own).catch((error: unknown) => {
        if (!String(error).includes(NO_CHANGES)) throw error;
      });
    return this.#endpoint;
  }

  /** As `cdk deploy`, which deletes a stack that was rolled back before it creates it again. */
  async #fail(aws: Cloud['aws'], assembly: Assembly): Promise<void> {
    this.#breakFirst = false;
    const { template } = assembly;
    try {
      await directly.deploy(aws, { ...broken(assembly), stack: assembly.stack });
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
    }
    await directly.destroy(aws, { ...assembly, template });
  }

  async resources() {
    return this.#cloud === undefined ? new Map() : resourcesOf(this.#cloud.aws, this.prefix);
  }

  endpoint(): string {
    return this.#endpoint;
  }

  async destroy(): Promise<void> {
    if (this.#cloud !== undefined && this.#assembly !== undefined)
      await directly.destroy(this.#cloud.aws, this.#assembly);
  }

  /** Without a deployment the emulators have not been started. */
  async leftovers(): Promise<readonly Leftover[]> {
    return this.#cloud === undefined ? [] : leftoversOf(this);
  }

  client(service?: 'batch') {
    if (this.#cloud === undefined) throw new Error('nothing is deployed');
    const options = clientOptions(this.#cloud.aws);
    return service === 'batch' ? { ...options, endpoint: this.#cloud.batch.url } : options;
  }

  async close(): Promise<void> {
    await this.#cloud?.stop();
  }
}

export const emulatorSite = (prefix: string): Site => new EmulatorSite(prefix);
