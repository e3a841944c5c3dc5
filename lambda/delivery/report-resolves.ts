import type { Log } from '../shared/log.ts';
import { splitIncidentKey } from '../shared/open-incident.ts';
import type { ResolveReport } from './batch-run.ts';
import type { BatchReport } from './deliver.ts';

/** Logs resolves, and what went wrong with the table of open incidents. */
export function reportOpenIncidents(report: BatchReport, log: Log): void {
  for (const resolve of report.resolves) logResolve(resolve, log);
  for (const incidentKey of new Set(report.openUnderFormerKey)) {
    const { service, dedupKey: key } = splitIncidentKey(incidentKey);
    log.warn('PagerDuty keeps an incident open under a former integration key', {
      pagerduty_service: service,
      dedup_key: key,
    });
  }
  const [detail] = report.tableErrors;
  if (detail !== undefined) {
    log.error('The table of open incidents could not be reached; pages go out all the same', {
      detail,
      operations: report.tableErrors.length,
    });
  }
  if ((report.sweep?.overdue ?? 0) > 0) {
    log.error('Incidents are open although they were due long ago', {
      incidents: report.sweep?.overdue,
    });
  }
}

function logResolve({ incident, outcome, quietTime }: ResolveReport, log: Log): void {
  const { service, dedupKey: key } = splitIncidentKey(incident.incidentKey);
  const fields = {
    pagerduty_service: service,
    dedup_key: key,
    quiet_minutes: Math.round(quietTime / 6_000) / 10,
  };
  if (outcome === 'key_changed') {
    log.warn('Incident not resolved: PagerDuty has it under a former integration key', fields);
    return;
  }
  const { status } = outcome;
  if (outcome.kind === 'delivered') log.info('Incident resolved', { ...fields, status });
  else {
    const failed = { ...fields, status, detail: outcome.detail };
    if (outcome.kind === 'retry') log.warn('A resolve failed and will be retried', failed);
    else log.error('PagerDuty refused to resolve an incident', failed);
  }
}
