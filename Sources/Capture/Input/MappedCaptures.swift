/// The captures that are mapped and read from front to end.
public enum MappedCaptures {
  /// Fills some of the memory of a capture ahead of its reader, who would have to wait for it otherwise:
  /// for a thread that has nothing else to do. `false` where all is filled that is to be,
  /// or another thread is at it.
  public static func fillAhead() -> Bool { ReadAhead.fillSome() }

  /// Gives back to the system what has come into memory again of what was passed, where that has
  /// become too much. It may be called on any thread.
  public static func giveBackPassed() { ReadAhead.giveBackPassed() }
}
