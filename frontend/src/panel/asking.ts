/** Asking the server while somebody types. */

const MOST_AT_ONCE = 2;

/**
 * Asks again and again: late answers are dropped when a newer one came, and no more than two
 * questions are on their way at once, so that a slow server is never flooded by typing.
 */
export class Asker<T> {
  private asked = 0;
  private answered = 0;
  private underWay = 0;
  private isWaiting = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly ask: () => Promise<T>,
    private readonly answer: (value: T) => void,
    private readonly fail: (error: unknown) => void,
    private readonly delay: number,
  ) {}

  soon(delay = this.delay): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.now(), delay);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.answered = Number.POSITIVE_INFINITY;
  }

  private async now(): Promise<void> {
    if (this.underWay >= MOST_AT_ONCE) {
      this.isWaiting = true;
      return;
    }
    this.underWay += 1;
    this.asked += 1;
    const number = this.asked;
    try {
      const value = await this.ask();
      if (number > this.answered) {
        this.answered = number;
        this.answer(value);
      }
    } catch (error) {
      if (number > this.answered) {
        this.answered = number;
        this.fail(error);
      }
    } finally {
      this.underWay -= 1;
      if (this.isWaiting) {
        this.isWaiting = false;
        void this.now();
      }
    }
  }
}
