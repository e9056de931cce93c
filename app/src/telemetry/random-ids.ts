import { randomFillSync } from 'node:crypto';

/** Drawn at once for some 340 requests: to ask the system for each id alone takes thirty times as long. */
const block = Buffer.alloc(8192);
let used = block.length;

/** Draws so many random bytes, as hexadecimal digits. */
function draw(bytes: number): string {
  if (used + bytes > block.length) {
    randomFillSync(block);
    used = 0;
  }
  used += bytes;
  return block.toString('hex', used - bytes, used);
}

/** 16 random bytes as 32 hexadecimal digits. */
export const newTraceId = (): string => draw(16);

/** 8 random bytes as 16 hexadecimal digits. */
export const newSpanId = (): string => draw(8);
