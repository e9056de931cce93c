/** Whether a core is wanted by something else: looked at after each measurement, when nothing is asked of any variant. */
import { keepBusy } from '@sightline/testkit/keep-busy.ts';

/** Processor time that a look asks for, in milliseconds. Linux may count it in steps of 4: on an idle machine 20 seemed to take 24. */
const askedMs = 50;

/** How many times as long work of this process takes now as it takes where nothing else wants its core. */
export const slowdownHere = (): number => keepBusy(askedMs) / askedMs;
