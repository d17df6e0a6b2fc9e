import Buffers
import Glibc
import Pipeline

/// The event log on a file descriptor, buffered.
final class FileLogOutput: EventLog {
  static let bufferSize = 256 << 10

  private let name: String
  private var descriptor: Int32
  private let isOwned: Bool
  private let isLive: Bool
  private var buffer = TextBuffer()
  private var failure: LogError?
  private var isFinished = false
  /// Whether the reader of the pipe has gone. What is written afterwards is dropped: whoever runs
  /// `| head` has seen enough, and that is no failure.
  private(set) var isAbandoned = false

  /// Standard output.
  init(isLive: Bool) {
    name = "standard output"
    descriptor = STDOUT_FILENO
    isOwned = false
    self.isLive = isLive
  }

  /// A new file, or an old one that is emptied.
  ///
  /// - Parameter isLive: whether somebody may be waiting for each line as it happens.
  init(path: String, isLive: Bool) throws(LogError) {
    name = path
    descriptor = try Self.open(path, O_TRUNC)
    isOwned = true
    self.isLive = isLive
  }

  private static func open(_ path: String, _ flags: Int32) throws(LogError) -> Int32 {
    let descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0o666)
    guard descriptor >= 0 else { throw LogError(file: path, reason: SystemError.last.description) }
    return descriptor
  }

  func reopen() throws(LogError) { try reopen(ending: { _ in }) }

  /// Goes on in the file that its path names now, as logrotate and `mv` wish. What was written
  /// before is whole in the old one; nothing that the path names already is emptied.
  ///
  /// Throws when that is not possible, and stays with the old one.
  ///
  /// - Parameter ending: writes what ends the old one, when the new one is another file.
  func reopen(ending: (inout TextBuffer) -> Void) throws(LogError) {
    guard isOwned, !isFinished, let now = FileIdentity(descriptor: descriptor),
      now.kind == .regular
    else { return }
    let next = try Self.open(name, O_APPEND)
    let isOther = FileIdentity(descriptor: next).map { !$0.isSameFile(as: now) } ?? true
    if isOther { ending(&buffer) }
    do { try flush() } catch {
      close(next)
      throw error
    }
    let old = descriptor
    descriptor = next
    if close(old) != 0 { failure = LogError(file: name, reason: SystemError.last.description) }
  }

  func write(_ lines: Span<UInt8>) throws {
    if isAbandoned { return }
    buffer.append(lines)
    if isLive || buffer.count >= Self.bufferSize { try flush() }
  }

  func flush() throws(LogError) {
    if let failure { throw failure }
    defer { buffer.removeAll() }
    do {
      try writeAll(buffer.span.bytes, to: descriptor)
    } catch  where error.code == EPIPE {
      isAbandoned = true
    } catch {
      let failure = LogError(file: name, reason: error.description)
      self.failure = failure
      throw failure
    }
  }

  /// May be called again.
  func finish() throws {
    try flush()
    // Some file systems tell of a full disk only here.
    defer { isFinished = true }
    if isOwned && !isFinished && close(descriptor) != 0 {
      throw LogError(file: name, reason: SystemError.last.description)
    }
  }
}

/// Why the event log could not be written.
struct LogError: Error, Hashable, CustomStringConvertible {
  var file: String
  var reason: String
  var description: String { "\(file): \(reason)" }
}
