import Glibc

/// The streams that the process was started with.
struct StandardStream {
  let descriptor: Int32

  static let input = Self(descriptor: STDIN_FILENO)
  static let output = Self(descriptor: STDOUT_FILENO)
  static let error = Self(descriptor: STDERR_FILENO)

  var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Writes at once. There is nobody to tell when it fails.
  func write(_ text: String) {
    try? writeAll(text.utf8.span.bytes, to: descriptor)
  }
}
