import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { stackNameOf } from '../config/outputs.ts';
import { NEAR_LIMIT_MESSAGE } from '../lambda/shared/near-limits.ts';

/** Properties of {@link SavedQueries}. */
export interface SavedQueriesProps {
  readonly stageName: string;
  readonly ingestLog: LogGroup;
  readonly deliveryLog: LogGroup;
  readonly accessLog: LogGroup;
  /** A route of the stage resolves incidents. */
  readonly resolves: boolean;
}

/**
 * The runbook's questions as saved queries of CloudWatch Logs Insights, in a folder of the stage.
 * The field names are those of the functions' log lines: `service` is the function,
 * `pagerduty_service` the service of PagerDuty.
 */
export class SavedQueries extends Construct {
  constructor(scope: Construct, id: string, props: SavedQueriesProps) {
    super(scope, id);
    const { ingestLog, deliveryLog, accessLog, resolves } = props;
    const folder = stackNameOf(props.stageName);
    const add = (
      queryId: string,
      name: string,
      logGroups: LogGroup[],
      query: ConstructorParameters<typeof QueryString>[0],
    ): void => {
      new QueryDefinition(this, queryId, {
        queryDefinitionName: `${folder}/${name}`,
        logGroups,
        queryString: new QueryString(query),
      });
    };
    add('WhatHappened', 'What happened to an event', [ingestLog, deliveryLog], {
      fields: [
        '@timestamp',
        'service',
        'message',
        'pagerduty_service',
        'status',
        'detail',
        'dedup_key',
        '@message',
      ],
      filterStatements: ['@message like /REPLACE WITH A REQUEST ID, VIEW OR MESSAGE ID/'],
      sort: '@timestamp asc',
      limit: 200,
    });
    add('Refused', 'What PagerDuty refused', [deliveryLog], {
      fields: ['@timestamp', 'status', 'detail', 'pagerduty_service', 'dedup_key', 'events'],
      filterStatements: ['outcome = "rejected"'],
      sort: '@timestamp desc',
      limit: 100,
    });
    add('Unavailable', 'Why calls to PagerDuty failed', [deliveryLog], {
      filterStatements: ['outcome = "retry"'],
      statsStatements: [
        'count(*) as calls, count_distinct(dedup_key) as incidents, latest(@timestamp) as last by pagerduty_service, cause, status, detail',
      ],
      sort: 'calls desc',
      limit: 100,
    });
    add('DeadLetters', 'Why events became dead letters', [deliveryLog], {
      filterStatements: ['message = "Events became dead letters"'],
      statsStatements: ['sum(events) as dead_letters, latest(@timestamp) as last by reason'],
      sort: 'dead_letters desc',
      limit: 100,
    });
    add('Waiting', 'Why events wait', [deliveryLog], {
      filterStatements: [
        'message in ["Events wait", "Events wait for an integration key", "Events wait after an internal error"]',
      ],
      statsStatements: ['sum(events) as deferrals, latest(@timestamp) as last by reason'],
      sort: 'deferrals desc',
      limit: 100,
    });
    add('Lateness', 'How late pages were, by service', [deliveryLog], {
      filterStatements: ['outcome = "delivered"'],
      statsStatements: [
        'count(*) as calls, sum(events) as delivered, pct(delay_ms, 50) as p50, max(delay_ms) as worst by pagerduty_service, bin(5m)',
      ],
      sort: 'worst desc',
      limit: 100,
    });
    add('Unrouted', 'Which events no route takes', [ingestLog], {
      filterStatements: ['message = "Request refused"', 'status = 404'],
      statsStatements: ['count(*) as refused by environment, view, domain, metric'],
      sort: 'refused desc',
      limit: 100,
    });
    add('RefusedBodies', 'What was refused or ignored, and why', [ingestLog], {
      fields: ['@timestamp', 'status', 'coalesce(detail, reason) as why', 'body', 'request_id'],
      filterStatements: ['ispresent(body)'],
      sort: '@timestamp desc',
      limit: 100,
    });
    add('Ignored', 'Which events a route ignores', [ingestLog], {
      filterStatements: ['message = "Event ignored"', 'ispresent(environment)'],
      statsStatements: ['count(*) as ignored by environment, view, domain, metric'],
      sort: 'ignored desc',
      limit: 100,
    });
    add('RefusedRequests', 'Which addresses are refused', [accessLog], {
      // With the accepted requests, because their addresses are Glasnostic's.
      filterStatements: ['status < 300 or status >= 400'],
      statsStatements: ['count(*) as requests by ip, method, status'],
      sort: 'requests desc',
      limit: 100,
    });
    add('Noisy', 'Which views send the most', [ingestLog], {
      filterStatements: ['message = "Event accepted"'],
      statsStatements: ['count(*) as accepted by environment, view, metric, pagerduty_service'],
      sort: 'accepted desc',
      limit: 50,
    });
    add('Repeats', 'How often does a view repeat itself', [ingestLog], {
      // The mean pause between two events of an hour. Logs Insights cannot compare two lines.
      fields: ['toMillis(@timestamp) as at', 'environment', 'view', 'metric'],
      filterStatements: ['message = "Event accepted"'],
      statsStatements: [
        'count(*) as events, (max(at) - min(at)) / 60000 / (count(*) - 1) as minutes_between by environment, view, metric, bin(1h)',
      ],
      sort: 'minutes_between desc',
      limit: 100,
    });
    if (resolves) {
      add('Resolves', 'Which incidents were resolved', [deliveryLog], {
        fields: ['@timestamp', 'pagerduty_service', 'dedup_key', 'quiet_minutes'],
        filterStatements: ['message = "Incident resolved"'],
        sort: '@timestamp desc',
        limit: 200,
      });
    }
    add('Slow', 'Slow requests and batches', [deliveryLog, accessLog], {
      fields: [
        '@timestamp',
        '@log',
        'coalesce(integrationLatency, duration_ms) as took_ms',
        'calls',
        'waiting',
        'requestId',
      ],
      filterStatements: ['ispresent(integrationLatency) or ispresent(duration_ms)'],
      sort: 'took_ms desc',
      limit: 50,
    });
    add('Heavy', 'Heavy invocations', [ingestLog, deliveryLog], {
      fields: ['@timestamp', 'service', 'memory_mb', 'limit_mb', 'function_request_id'],
      filterStatements: [`message = "${NEAR_LIMIT_MESSAGE}"`],
      sort: '@timestamp desc',
      limit: 50,
    });
  }
}
