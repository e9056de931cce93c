/** The disk, and what is lost when it is full. */
import type { AlertPattern, Drill } from '../drill.ts';
import { emptySmallDisk, fillSmallDisk, smallDiskHere, useUpSmallDisk } from '../small-disk.ts';

const full: readonly AlertPattern[] = [{ alert: 'DiskFilling' }, { alert: 'LogLinesLost' }];
/** In all of them: the disk has to be there, and somebody to look at it. */
const onDisk = { uses: ['node-exporter'], needs: smallDiskHere } as const;

/** Share of the disk that is filled each second: empty to full within a minute and a half. */
const step = 0.005;

export const nodeDrills: readonly Drill[] = [
  {
    alert: 'DiskFilling',
    variant: 'now',
    labels: { job: 'node', when: 'now' },
    fault: 'The disk of the log files is filled to 93 %',
    within: 30,
    value: [0.05, 0.1],
    alongside: [{ alert: 'DiskFilling' }],
    ...onDisk,
    injectFault({ settings }, recovery) {
      recovery.defer(() => emptySmallDisk(settings));
      fillSmallDisk(settings, 0.93);
      return Promise.resolve();
    },
  },
  {
    alert: 'DiskFilling',
    variant: 'soon',
    labels: { job: 'node', when: 'soon' },
    fault: 'The disk of the log files fills by half a percent a second',
    within: 45,
    value: [0.05, 0.25],
    alongside: [{ alert: 'DiskFilling' }],
    ...onDisk,
    injectFault({ settings }, recovery) {
      recovery.defer(() => emptySmallDisk(settings));
      let share = 0.72;
      const timer = setInterval(() => {
        share = Math.min(share + step, 0.94);
        fillSmallDisk(settings, share);
      }, 1000);
      recovery.defer(() => clearInterval(timer));
      return Promise.resolve();
    },
  },
  {
    alert: 'LogLinesLost',
    labels: { job: 'todo-api' },
    fault: 'The disk of the log files is full',
    within: 15,
    value: [0.5, 1000],
    alongside: full,
    traffic: { reads: 10 },
    ...onDisk,
    injectFault({ settings }, recovery) {
      recovery.defer(() => emptySmallDisk(settings));
      useUpSmallDisk(settings);
      return Promise.resolve();
    },
  },
];
