/// What is done about checksums (`-k`).
public enum ChecksumMode: String, Hashable, Sendable, CaseIterable {
  /// Wrong ones are refused, except where offload to the network card explains them.
  case auto
  /// Wrong ones are refused.
  case all
  /// They are not looked at.
  case none
}
