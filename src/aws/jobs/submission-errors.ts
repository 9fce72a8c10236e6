/**
 * Classifies failed requests to AWS Batch.
 *
 * 1. A failure is permanent only if it concerns the request itself, so that repeating it gives the
 *    same answer. Every other failure may pass: missing permissions (those of a new role are
 *    effective after seconds to minutes), expired credentials, a queue or compute environment that is
 *    being updated, throttling, faults of the service and of the network.
 * 2. Batch has one exception for both, `ClientException`: "using an action or resource on behalf of
 *    a user that doesn't have permissions", or "specifying an identifier that's not valid"
 *    (docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html). The texts are not a
 *    contract. A text that is not known counts as a failure that may pass.
 *
 * Sources of the texts about requests: "Fargate resource requirements (1.00 vCPU, 1024 MiB) not
 * valid" (terraform-aws-modules/terraform-aws-batch#6), "Value 1.0 for type VCPU in
 * resourceRequirement is not valid" (kestra-io/plugin-aws#504), "vcpus is not applicable for
 * Fargate" (insitro/redun#95), "vCPU is not provided" (ASFHyP3/hyp3#586), "User '…' does not match
 * regex" (nextflow-io/nextflow/discussions/2900), "Job name should match valid pattern", "No
 * parameter found for reference", "RetryAttempts must be provided with retry strategy" (the tests
 * of hashicorp/terraform-provider-aws), "Maximum number of jobs supported is 100". Texts about
 * states: "JobQueue … not found" (base2genomics/batchit#13), "JobDefinition name … does not exist
 * or is not in ACTIVE status" (aws-samples/aws-genomics-workflows#84), "Job Queue is attached to
 * Compute Environment that can not run Jobs with capability EC2".
 *
 * @module
 */
import { BatchServiceException } from '@aws-sdk/client-batch';
import { DockerArgsError } from '../../model/docker-settings.ts';
import { HeadraceError } from '../../model/errors.ts';
import { ResourcesError } from './resources.ts';

/** The queue does not belong to the deployment. */
export class UnknownQueueError extends HeadraceError {
  constructor(
    readonly queue: string,
    known: readonly string[],
  ) {
    super(`there is no queue ${queue} in this deployment: it has ${known.join(', ')}`);
  }
}

const REQUEST_FAULT_NAME = /^(ClientException|ValidationException|SerializationException)$/;
const REQUEST_FAULT_TEXT =
  /not valid|invalid|not applicable|not supported|not provided|must (be|not|have|match|specify|contain)|should match|does not match|no parameter found|maximum|minimum|(greater|less|larger|longer|shorter|more) than|exceed|required|duplicate|malformed/i;
/** The state of another resource, or permissions: the request itself may be valid. */
const STATE_FAULT_TEXT =
  /job ?queue|compute ?environment|job ?definition name|does not exist|not found|\bstat(e|us)\b|disabled|\brole\b|authoriz|permission|denied|assume|credential|token|throttl|too many|rate exceeded|limit exceeded|quota/i;

/** Batch states that the request itself is at fault (1). */
export const isRejectedRequest = (error: unknown): boolean =>
  error instanceof BatchServiceException &&
  REQUEST_FAULT_NAME.test(error.name) &&
  (error.$metadata.httpStatusCode ?? 400) === 400 &&
  REQUEST_FAULT_TEXT.test(error.message) &&
  !STATE_FAULT_TEXT.test(withoutQuotedValues(error.message));

/** A name in the request is no state: `User 'quota' does not match regex`. */
const withoutQuotedValues = (text: string): string => text.replaceAll(/'[^']*'|"[^"]*"/g, '');

/** The job definition of a submission may have been deregistered. */
export const isMissingDefinition = (error: unknown): boolean =>
  error instanceof BatchServiceException && /job ?definition/i.test(error.message);

/** Headrace or Batch rejects the job, and would reject it again. */
export const isPermanentFailure = (error: unknown): boolean =>
  error instanceof DockerArgsError ||
  error instanceof ResourcesError ||
  error instanceof UnknownQueueError ||
  isRejectedRequest(error);

/** The reason of a job that was not submitted. */
export const launchFailureReason = (error: unknown): string =>
  `could not be launched: ${error instanceof Error ? error.message : String(error)}`;
