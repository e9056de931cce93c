/** Drills of faults that a client sees from outside. */

import { issueCertificate } from '../certificate.ts';
import { certificateFolder, usualDays } from '../components.ts';
import type { Drill } from '../drill.ts';
import type { SystemUnderTest } from '../system.ts';

async function serveCertificate(system: SystemUnderTest, days: number): Promise<void> {
  issueCertificate(certificateFolder(system.settings), days);
  await system.restart('tls-endpoint');
}

export const probeDrills: readonly Drill[] = [
  {
    alert: 'ProbeFailing',
    labels: { job: 'blackbox', severity: 'page' },
    fault: 'The API is stopped, and nobody sends anything',
    within: 15,
    value: [0, 0],
    alongside: [{ alert: 'TargetDown', job: 'todo-api' }],
    uses: ['blackbox-exporter'],
    async injectFault(system, recovery) {
      await system.takeAway('api', recovery);
    },
  },
  {
    alert: 'CertificateExpiring',
    labels: { job: 'blackbox' },
    fault: 'The TLS endpoint serves a certificate that ends in two days',
    within: 75,
    value: [86_400, 2 * 86_400],
    shows: [{ dashboard: 'alerts', panel: 'Certificate expiry' }],
    uses: ['blackbox-exporter', 'tls-endpoint'],
    async injectFault(system, recovery) {
      recovery.defer(() => serveCertificate(system, usualDays));
      await serveCertificate(system, 2);
    },
  },
];
