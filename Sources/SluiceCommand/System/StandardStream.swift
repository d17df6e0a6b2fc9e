import Glibc

/// The streams that the process was started with.
struct StandardStream {
  let descriptor: Int32

  static let input = Self(descriptor: STDIN_FILENO)
  static let output = Self(descriptor: STDOUT_FILENO)
  static let error = Self(descriptor: STDERR_FILENO)

  /// Takes the numbers of those that are closed, so that no file gets one of them and is written by
  /// whoever means the stream. Called before anything is opened. Reading or writing them is an error
  /// afterwards, as it is with a closed one.
  static func reserve() {
    for (stream, flags) in [(input, O_WRONLY), (output, O_RDONLY), (error, O_RDONLY)]
    where fcntl(stream.descriptor, F_GETFD) < 0 {
      // The lowest free number, as those below are open by now.
      _ = unsafe open("/dev/null", flags)
    }
  }

  var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Writes at once. There is nobody to tell when it fails.
  func write(_ text: String) {
    try? writeAll(text.utf8.span.bytes, to: descriptor)
  }
}
