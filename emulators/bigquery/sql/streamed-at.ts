/** The hidden column that holds when insertAll wrote a row; NULL once the row is out of the streaming buffer. */
export const streamedAt = '_streamed_at';
