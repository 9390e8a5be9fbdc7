/**
 * Which typing belongs together: letters that follow each other are taken back as one, but a pill
 * that is put in or taken out, or text that is pasted, is an act of its own.
 */

let run = 0;

/** The run of typing that goes on now, to be part of the key under which edits merge. */
export function typingRun(): number {
  return run;
}

/** What follows is not part of what was typed before. */
export function endTypingRun(): void {
  run += 1;
}
