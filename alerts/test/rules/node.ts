import { type AlertCase, gauge, series } from './case.ts';

const disk = {
  job: 'node',
  instance: 'node-1:9100',
  device: '/dev/sda1',
  fstype: 'ext4',
  mountpoint: '/data',
} as const;
const memory = { ...disk, device: 'tmpfs', fstype: 'tmpfs', mountpoint: '/run' } as const;
const size = (of: typeof disk | typeof memory) =>
  series('node_filesystem_size_bytes', of, gauge([900, 1_000_000]));
const free = (of: typeof disk | typeof memory, values: string) =>
  series('node_filesystem_avail_bytes', of, values);
const firing = (when: string, description: string) => ({
  labels: { ...disk, when, severity: 'ticket', kind: 'cause' },
  summary: 'The disk at /data of node-1:9100 fills up.',
  description,
  dashboard: 'golden-signals',
});

export const nodeCases: readonly AlertCase[] = [
  {
    alert: 'DiskFilling',
    does: 'fires when less than a tenth is free for a quarter of an hour, and resolves when there is more',
    series: { ...size(disk), ...free(disk, gauge([90, 80_000], [60, 300_000])) },
    minutes: 150,
    firing: {
      from: 15,
      until: 90,
      as: [firing('now', 'Only 8% of /data on node-1:9100 is free.')],
    },
  },
  {
    alert: 'DiskFilling',
    does: 'fires when less than a quarter is free, and nothing a day later at the pace of six hours',
    series: { ...size(disk), ...free(disk, `${gauge([480, 260_000])} 260000-90x800`) },
    minutes: 880,
    firing: {
      from: 761,
      until: 880,
      as: [
        firing(
          'soon',
          '20.94% of /data on node-1:9100 is free, and nothing in 1d at the pace of the last 6h.',
        ),
      ],
    },
  },
  {
    alert: 'DiskFilling',
    does: 'stays silent with a fifth free that lasts for more than a day, and about memory',
    series: {
      ...size(disk),
      ...free(disk, '220000-40x1000'),
      ...size(memory),
      ...free(memory, gauge([600, 10_000])),
    },
    minutes: 500,
  },
  {
    alert: 'DiskFilling',
    does: 'stays silent with a third free, fast as it goes, and about memory that fills up',
    series: {
      ...size(disk),
      ...free(disk, '500000-330x720'),
      ...size(memory),
      ...free(memory, '240000-330x720'),
    },
    minutes: 360,
  },
];
