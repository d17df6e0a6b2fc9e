/// The captures that are mapped and read from front to end.
public enum MappedCaptures {
  /// Gives back to the system what has come into memory again of what was passed, where that has
  /// become too much. It may be called on any thread.
  public static func giveBackPassed() { ReadAhead.giveBackPassed() }
}
