/**
 * The network of steps: a VPC of Headrace without NAT, or given subnets.
 *
 * Headrace's own VPC has public subnets only. The machine of a step has a public address to which
 * no connection is accepted. S3 and DynamoDB are reached through gateway endpoints, which are free.
 * A NAT gateway, or an interface endpoint for each service, costs more than an idle deployment of
 * Headrace.
 *
 * @module
 */
import { Fn, RemovalPolicy } from 'aws-cdk-lib';
import {
  CfnSecurityGroup,
  FlowLogDestination,
  GatewayVpcEndpointAwsService,
  type InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Configuration } from './config.ts';
import { encryptedBy, keyOf } from './encryption.ts';

export class Network extends Construct {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly assignPublicIp: boolean;
  /**
   * Ids of the interface endpoints of `execute-api` for a private API. In Headrace's own VPC, one
   * is created if none is configured.
   */
  readonly apiEndpointIds: readonly string[];

  constructor(scope: Construct, id: string, config: Configuration) {
    super(scope, id);
    const { network, api, retention } = config;
    if (network.type === 'given') {
      this.subnetIds = network.subnetIds;
      this.assignPublicIp = network.assignPublicIp;
      this.apiEndpointIds = api.vpcEndpointIds;
      this.securityGroupIds =
        network.securityGroupIds.length > 0
          ? network.securityGroupIds
          : [securityGroup(this, network.vpcId)];
      return;
    }

    const vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(network.cidr),
      // Not those that the account of the synthesis has: subnets in other zones would replace
      // existing ones.
      availabilityZones: firstZones(network.availabilityZones),
      natGateways: 0,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'steps', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: true },
      ],
      gatewayEndpoints: {
        S3: { service: GatewayVpcEndpointAwsService.S3 },
        DynamoDB: { service: GatewayVpcEndpointAwsService.DYNAMODB },
      },
    });
    if (network.flowLogs) {
      const logGroup = new LogGroup(this, 'FlowLogs', {
        ...encryptedBy(keyOf(this, config)),
        retention: retention.logDays,
        removalPolicy: RemovalPolicy.DESTROY,
      });
      vpc.addFlowLog('Flows', { destination: FlowLogDestination.toCloudWatchLogs(logGroup) });
    } else {
      acknowledge(vpc, {
        'AwsSolutions-VPC7':
          'Flow logs cost money for each gigabyte that steps transfer: the configuration enables them (network.flowLogs).',
      });
    }
    this.subnetIds = vpc.publicSubnets.map((subnet) => subnet.subnetId);
    this.securityGroupIds = [securityGroup(this, vpc.vpcId)];
    this.assignPublicIp = true;
    const needsEndpoint = api.endpoint === 'private' && api.vpcEndpointIds.length === 0;
    this.apiEndpointIds = needsEndpoint ? [apiEndpoint(vpc).vpcEndpointId] : api.vpcEndpointIds;
  }
}

/** The first availability zones of the region, which CloudFormation reads when it deploys. */
export const firstZones = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => Fn.select(index, Fn.getAzs()));

/** Accepts no incoming connection. */
function securityGroup(scope: Construct, vpcId: string): string {
  return new CfnSecurityGroup(scope, 'Steps', {
    vpcId,
    groupDescription: 'Machines of Headrace steps',
    securityGroupEgress: [
      {
        ipProtocol: '-1',
        cidrIp: '0.0.0.0/0',
        description: 'Packages, data and the services of AWS',
      },
    ],
  }).attrGroupId;
}

/** The endpoint through which the whole VPC can call a private API. */
function apiEndpoint(vpc: Vpc): InterfaceVpcEndpoint {
  const endpoint = vpc.addInterfaceEndpoint('ApiEndpoint', {
    service: InterfaceVpcEndpointAwsService.APIGATEWAY,
  });
  acknowledge(endpoint, {
    'AwsSolutions-EC23':
      "Open on 443 to the VPC's own range only, which is no literal that the rule could read.",
  });
  return endpoint;
}
