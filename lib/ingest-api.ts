import { Aws, Fn } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  DomainName,
  HttpApi,
  HttpMethod,
  HttpStage,
  type HttpRoute,
  LogGroupLogDestination,
  PayloadFormatVersion,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { stackNameOf } from '../config/outputs.ts';
import type { CustomDomain, StageConfig } from '../config/stage.ts';
import type { BridgeFunction } from './bridge-function.ts';
import { countedLines } from './metrics.ts';
import { logGroupOf, type Storage } from './storage.ts';

/** The token is in the path, or in a header for a sender that can set one. */
const ROUTES = ['/webhook/{token}', '/webhook'];

/**
 * Fields of the access log. Nothing derived from the path is logged: the path contains the token.
 * Nothing that the sender chooses freely is logged, such as the user agent: it could break out of
 * the JSON. CloudWatch adds the time of each line, and charges by the byte.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
const ACCESS_LOG_FIELDS = {
  requestId: '$context.requestId',
  ip: '$context.identity.sourceIp',
  // The methods of HTTP have no character that JSON escapes.
  method: '$context.httpMethod',
  status: '$context.status',
  responseLatency: '$context.responseLatency',
  integrationLatency: '$context.integrationLatency',
  integrationStatus: '$context.integration.status',
  // The answer of Lambda itself, as opposed to that of the function.
  lambdaStatus: '$context.integrationStatus',
  integrationError: '$context.integrationErrorMessage',
  error: '$context.error.responseType',
};

/**
 * Name of the access log's group, and the only physical name of a stack.
 *
 * API Gateway adds the log group of each API to one resource policy per region. The policy is full
 * after 5,120 characters, and then no stage with an access log can be made. Log groups with this
 * prefix are not added:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html
 *
 * The last part is that of the stack's ID, a UUID. A later stack of the stage has another one, so a
 * log group that `keepData` kept is not in its way.
 */
function accessLogName(stageName: string): string {
  const stackUuid = Fn.select(2, Fn.split('/', Aws.STACK_ID));
  return `/aws/vendedlogs/${stackNameOf(stageName)}/${stackUuid}`;
}

/** Properties of {@link IngestApi}. */
export interface IngestApiProps {
  readonly stage: StageConfig;
  readonly storage: Storage;
  /** The function that answers. */
  readonly handler: BridgeFunction;
}

/** The HTTP API that Glasnostic posts to. */
export class IngestApi extends Construct {
  readonly api: HttpApi;
  readonly httpStage: HttpStage;
  readonly accessLog: LogGroup;
  readonly routes: readonly HttpRoute[];
  /**
   * Requests that were answered with a 5xx, without those that Lambda refused for their size. Anyone
   * can send a body between Lambda's 6 MB and the API's 10 MB, and how API Gateway then answers is
   * not documented.
   * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
   */
  readonly serverErrors: Metric;
  /** Requests that API Gateway answered with 429. */
  readonly throttled: Metric;
  /**
   * Requests with the method POST that API Gateway answered with 404, because the API has no such
   * path. Scanners mostly use other methods.
   */
  readonly unknownPaths: Metric;
  /** The stage's own domain name, when it has one. */
  readonly domain: DomainName | undefined;

  constructor(scope: Construct, id: string, props: IngestApiProps) {
    super(scope, id);
    const { stage, storage, handler } = props;
    const { customDomain, throttle } = stage;
    this.domain = customDomain === undefined ? undefined : this.#domainOf(customDomain);
    this.api = new HttpApi(this, 'Api', {
      apiName: stackNameOf(stage.name),
      description: `Webhook of the Glasnostic PagerDuty bridge (stage ${stage.name})`,
      createDefaultStage: false,
      // Off only on request: the deployment that adds the domain must not close the URL in use.
      disableExecuteApiEndpoint: customDomain?.disableGeneratedUrl === true,
    });
    this.accessLog = logGroupOf(this, 'AccessLog', stage, storage, {
      logGroupName: accessLogName(stage.name),
    });
    this.httpStage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: { rateLimit: throttle.ratePerSecond, burstLimit: throttle.burst },
      ...(this.domain === undefined ? {} : { domainMapping: { domainName: this.domain } }),
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.accessLog),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG_FIELDS)),
      },
    });
    const counted = { logGroup: this.accessLog, stage: stage.name };
    this.serverErrors = countedLines(this, 'ServerErrors', {
      ...counted,
      pattern: FilterPattern.all(
        FilterPattern.stringValue('$.status', '=', '5*'),
        FilterPattern.stringValue('$.lambdaStatus', '!=', '413'),
      ),
      metricName: 'RequestsFailed',
    });
    this.throttled = countedLines(this, 'Throttled', {
      ...counted,
      pattern: FilterPattern.stringValue('$.status', '=', '429'),
      metricName: 'RequestsThrottled',
    });
    this.unknownPaths = countedLines(this, 'UnknownPath', {
      ...counted,
      // Ingest itself answers 404 when no route of the stage matches an event.
      pattern: FilterPattern.all(
        FilterPattern.stringValue('$.status', '=', '404'),
        FilterPattern.stringValue('$.integrationStatus', '!=', '404'),
        FilterPattern.stringValue('$.method', '=', 'POST'),
      ),
      metricName: 'RequestsToUnknownPaths',
    });
    const integration = new HttpLambdaIntegration('Ingest', handler.function, {
      payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
    });
    this.routes = ROUTES.flatMap((path) =>
      this.api.addRoutes({ path, methods: [HttpMethod.POST], integration }),
    );
  }

  /** URL to post to, without the token. */
  get webhookUrl(): string {
    const base = this.domain === undefined ? this.api.apiEndpoint : `https://${this.domain.name}`;
    return `${base}/webhook`;
  }

  #domainOf({ name, certificateArn }: CustomDomain): DomainName {
    return new DomainName(this, 'Domain', {
      domainName: name,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
      securityPolicy: SecurityPolicy.TLS_1_2,
    });
  }
}
