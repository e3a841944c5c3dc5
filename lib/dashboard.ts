import {
  AlarmStatusWidget,
  Color,
  Dashboard,
  GraphWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  Row,
  TextWidget,
  type IMetric,
  type IWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { MetricName } from '../lambda/shared/metrics.ts';
import type { Alarms, WatchedParts } from './alarms.ts';
import { consoleUrl, RUNBOOK_FILE } from './links.ts';
import { bridgeMetric, PERIOD } from './metrics.ts';

/** Properties of {@link BridgeDashboard}. */
export interface BridgeDashboardProps extends WatchedParts {
  readonly alarms: Alarms;
}

/** Columns of a CloudWatch dashboard. */
const WIDTH = 24;

function heading(text: string): IWidget {
  return new TextWidget({ markdown: `## ${text}`, width: WIDTH, height: 1 });
}

function graph(title: string, width: number, left: IMetric[], right: IMetric[] = []): GraphWidget {
  return new GraphWidget({
    title,
    width,
    height: 6,
    left,
    right,
    period: PERIOD,
    leftYAxis: { min: 0, showUnits: false },
    rightYAxis: { min: 0, showUnits: false },
  });
}

/**
 * One page in the order of an operator's questions: are pages delivered, how late, what waits, and
 * why.
 */
export class BridgeDashboard extends Construct {
  readonly dashboard: Dashboard;

  readonly #props: BridgeDashboardProps;

  constructor(scope: Construct, id: string, props: BridgeDashboardProps) {
    super(scope, id);
    this.#props = props;
    const { stage, alarms } = props;
    this.dashboard = new Dashboard(this, 'Dashboard', { defaultInterval: PERIOD });
    this.dashboard.addWidgets(
      new TextWidget({
        markdown: [
          `# Glasnostic PagerDuty bridge: ${stage.name}`,
          'Accepted = delivered + deduplicated + dead letters + what still waits.',
          `Runbook: ${stage.alarms.runbookUrl ?? RUNBOOK_FILE}`,
        ].join('\n\n'),
        width: 8,
        height: 4,
      }),
      new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms.all], width: 16, height: 4 }),
    );
    this.#add('Are pages getting out?', this.#out());
    this.#add('How late?', this.#late());
    this.#add('What is stuck?', this.#stuck());
    this.#add('Why?', this.#why());
    this.#add('Is the bridge itself well?', this.#well());
    if (props.openIncidents !== undefined) this.#add('Do incidents end?', this.#resolves());
  }

  /** Address of the dashboard in the console. */
  get url(): string {
    return consoleUrl(this, `dashboards/dashboard/${this.dashboard.dashboardName}`);
  }

  #add(question: string, widgets: IWidget[]): void {
    this.dashboard.addWidgets(heading(question));
    this.dashboard.addWidgets(new Row(...widgets));
  }

  #metric(name: MetricName, label: string, color?: string, statistic = 'Sum'): IMetric {
    return bridgeMetric(this.#props.stage.name, name, {
      label,
      statistic,
      ...(color === undefined ? {} : { color }),
    });
  }

  #out(): IWidget[] {
    return [
      graph('Events', WIDTH, [
        this.#metric('EventsAccepted', 'accepted', Color.BLUE),
        this.#metric('EventsDelivered', 'delivered', Color.GREEN),
        this.#metric('EventsDeduplicated', 'deduplicated into a delivered one', Color.GREY),
        this.#metric('EventsDeadLettered', 'dead letters', Color.RED),
      ]),
    ];
  }

  #late(): IWidget[] {
    const { queue } = this.#props.events;
    return [
      graph('From accepting an event to notifying PagerDuty (ms)', 12, [
        this.#metric('DeliveryDelay', 'median', Color.GREEN, 'p50'),
        this.#metric('DeliveryDelay', 'p99', Color.ORANGE, 'p99'),
        this.#metric('DeliveryDelay', 'longest', Color.RED, 'Maximum'),
      ]),
      graph('Age of the oldest page that waits, or was sent (s)', 12, [
        this.#metric('OldestPage', 'of any cause', Color.RED, 'Maximum'),
        this.#metric('WaitingForPagerDuty', 'waits for PagerDuty', Color.ORANGE, 'Maximum'),
        this.#metric('WaitingForKey', 'waits for a key', Color.PURPLE, 'Maximum'),
        queue.metricApproximateAgeOfOldestMessage({
          label: 'oldest event, without what was received often',
          color: Color.GREY,
          period: PERIOD,
        }),
      ]),
    ];
  }

  #stuck(): IWidget[] {
    const { queue, deadLetterQueue } = this.#props.events;
    return [
      graph('Waiting events; and a tick per minute while delivery does not run', 12, [
        queue.metricApproximateNumberOfMessagesVisible({ label: 'ready', color: Color.BLUE }),
        queue.metricApproximateNumberOfMessagesNotVisible({
          label: 'deferred or under way',
          color: Color.ORANGE,
        }),
      ]),
      graph('Dead letters', 12, [
        deadLetterQueue.metricApproximateNumberOfMessagesVisible({
          label: 'in the queue',
          color: Color.RED,
        }),
      ]),
    ];
  }

  #why(): IWidget[] {
    const { delivery } = this.#props;
    return [
      graph(
        'What keeps events from PagerDuty',
        12,
        [
          this.#metric('PagerDutyRefused', 'calls refused', Color.RED),
          this.#metric('PagerDutyUnavailable', 'calls throttled or failed', Color.ORANGE),
          this.#metric('IntegrationKeyMissing', 'events without an integration key', Color.PURPLE),
        ],
        [
          this.#metric(
            'FailedCallStatus',
            'highest status of a failed call',
            Color.GREY,
            'Maximum',
          ),
        ],
      ),
      new LogQueryWidget({
        title: 'Reasons, most frequent first',
        width: 12,
        height: 6,
        view: LogQueryVisualizationType.TABLE,
        logGroupNames: [delivery.logGroup.logGroupName],
        queryLines: [
          'filter level in ["WARN", "ERROR"]',
          'stats count(*) as lines, latest(@timestamp) as last by message, status, coalesce(detail, reason) as why',
          'sort lines desc',
          'limit 20',
        ],
      }),
    ];
  }

  #well(): IWidget[] {
    const { api, ingest, delivery } = this.#props;
    const { httpStage } = api;
    return [
      graph('Requests', 8, [
        httpStage.metricCount({ label: 'all', statistic: 'SampleCount' }),
        httpStage.metricServerError({ label: '5xx', color: Color.RED }),
        this.#metric('RequestsUnauthorized', 'unauthorised', Color.ORANGE),
        this.#metric('EventsUnrouted', 'unrouted', Color.PURPLE),
        this.#metric('RequestsRefused', 'refused'),
        this.#metric('RequestsRefused400', 'refused: not JSON'),
        this.#metric('RequestsRefused413', 'refused: too large'),
        this.#metric('RequestsRefused422', 'refused: no environment'),
        this.#metric('EventsIgnoredByRoute', 'ignored by a route', Color.GREY),
        this.#metric('EventsIgnoredByType', 'ignored: unknown type', Color.BROWN),
        api.throttled.with({ label: 'throttled (429)' }),
        api.unknownPaths.with({ label: 'unknown path' }),
      ]),
      graph('Duration of the functions (ms)', 8, [
        ingest.function.metricDuration({ label: 'ingest, p99', statistic: 'p99' }),
        delivery.function.metricDuration({ label: 'delivery, longest', statistic: 'Maximum' }),
      ]),
      graph('Errors and throttles', 8, [
        ingest.function.metricErrors({ label: 'ingest errors' }),
        delivery.function.metricErrors({ label: 'delivery errors' }),
        ingest.function.metricThrottles({ label: 'ingest throttles' }),
        delivery.function.metricThrottles({ label: 'delivery throttles' }),
        this.#metric('InternalErrors', 'errors in the bridge itself', Color.RED),
        this.#metric('Ticks', 'ticks that delivery received', Color.GREY),
      ]),
    ];
  }

  #resolves(): IWidget[] {
    return [
      graph(
        'Incidents',
        WIDTH,
        [
          this.#metric('IncidentsOpen', 'open', Color.BLUE, 'Maximum'),
          this.#metric('IncidentsResolved', 'resolved', Color.GREEN),
        ],
        [
          this.#metric('TimersFailed', 'failed calls to the table', Color.ORANGE),
          this.#metric('ResolvesOverdue', 'overdue', Color.RED),
        ],
      ),
    ];
  }
}
