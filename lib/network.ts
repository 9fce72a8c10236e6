/**
 * Where steps run: a VPC of our own without NAT, or given subnets.
 *
 * Our own VPC has public subnets alone: a step's machine has an address of its own, nothing may connect to it, and S3 and DynamoDB are reached by
 * gateway endpoints, which cost nothing. A NAT gateway, or an interface endpoint for each service, costs more than an idle Headrace.
 *
 * @module
 */
import { RemovalPolicy } from 'aws-cdk-lib';
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

export class Network extends Construct {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly assignPublicIp: boolean;
  /** Of the interface endpoint of `execute-api`, when a private API needs one in our own VPC. */
  readonly apiEndpointIds: readonly string[];

  constructor(scope: Construct, id: string, { network, api, retention }: Configuration) {
    super(scope, id);
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
      maxAzs: network.availabilityZones,
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
        retention: retention.logDays,
        removalPolicy: RemovalPolicy.DESTROY,
      });
      vpc.addFlowLog('Flows', { destination: FlowLogDestination.toCloudWatchLogs(logGroup) });
    } else {
      acknowledge(vpc, {
        'AwsSolutions-VPC7':
          'Flow logs cost by the gigabyte that steps move: the configuration turns them on (network.flowLogs).',
      });
    }
    this.subnetIds = vpc.publicSubnets.map((subnet) => subnet.subnetId);
    this.securityGroupIds = [securityGroup(this, vpc.vpcId)];
    this.assignPublicIp = true;
    const needsEndpoint = api.endpoint === 'private' && api.vpcEndpointIds.length === 0;
    this.apiEndpointIds = needsEndpoint ? [apiEndpoint(vpc).vpcEndpointId] : api.vpcEndpointIds;
  }
}

/** Nothing comes in. */
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

/** Where a private API is called from: anywhere in the VPC. */
function apiEndpoint(vpc: Vpc): InterfaceVpcEndpoint {
  const endpoint = vpc.addInterfaceEndpoint('ApiEndpoint', {
    service: InterfaceVpcEndpointAwsService.APIGATEWAY,
  });
  acknowledge(endpoint, {
    'AwsSolutions-EC23':
      "Open on 443 to the VPC's own range alone, which is no literal for the rule to read.",
  });
  return endpoint;
}
