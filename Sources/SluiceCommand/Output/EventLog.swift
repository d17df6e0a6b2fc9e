import Pipeline

/// Where the command writes its records: a file, or several that belong together.
protocol EventLog: LogOutput {
  /// Hands on what is buffered. An error stays: every later call throws it again.
  func flush() throws(LogError)

  /// Goes on in the files that their paths name now.
  ///
  /// Throws when that is not possible for one of them, which goes on in its old file.
  func reopen() throws(LogError)

  /// Whether nobody reads on, so that what is written is dropped.
  var isAbandoned: Bool { get }

  /// Why that is a failure: there never was anybody to read.
  var refusal: LogError? { get }
}
