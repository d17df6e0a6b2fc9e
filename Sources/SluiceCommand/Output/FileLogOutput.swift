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
  private var claim: OutputClaim?
  private var buffer = TextBuffer()
  private var failure: LogError?
  private var isFinished = false
  /// Whether the reader of the pipe has gone. What is written afterwards is dropped: whoever runs
  /// `| head` has seen enough, and that is no failure.
  private(set) var isAbandoned = false
  /// Of a standard output that was closed from the start. A capture is written all the same.
  private(set) var refusal: LogError?

  /// Standard output.
  init(isLive: Bool) {
    name = "standard output"
    descriptor = STDOUT_FILENO
    claim = nil
    isOwned = false
    self.isLive = isLive
  }

  /// A new file, or an old one that is emptied.
  ///
  /// - Parameter isLive: whether somebody may be waiting for each line as it happens.
  init(path: String, isLive: Bool) throws(LogError) {
    name = path
    (descriptor, claim) = try Self.open(path, O_TRUNC)
    isOwned = true
    self.isLive = isLive
  }

  /// A file is emptied only when it is known to be none of the inputs, and of no other output.
  ///
  /// - Parameter own: what the log has already.
  private static func open(
    _ path: String, _ flags: Int32, own: OutputClaim? = nil
  ) throws(LogError) -> (descriptor: Int32, claim: OutputClaim?) {
    let later = flags & ~O_TRUNC
    let descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_CLOEXEC | later, 0o666)
    guard descriptor >= 0 else { throw LogError(file: path, reason: SystemError.last.description) }
    guard let key = FileKey(descriptor: descriptor) else { return (descriptor, nil) }
    var reason: String?
    let claim = own?.key == key ? own : OutputClaim(key)
    if InputClaim.covers(key) {
      reason = "would overwrite an input; write to another file"
    } else if claim == nil {
      reason = "is being written already; write to another file"
    } else if flags & O_TRUNC != 0, ftruncate(descriptor, 0) != 0 {
      reason = SystemError.last.description
    }
    guard let reason else { return (descriptor, claim) }
    close(descriptor)
    throw LogError(file: path, reason: reason, isAboutInput: InputClaim.covers(key) || claim == nil)
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
    let (next, nextClaim) = try Self.open(name, O_APPEND, own: claim)
    let isOther = FileIdentity(descriptor: next).map { !$0.isSameFile(as: now) } ?? true
    if isOther { ending(&buffer) }
    do { try flush() } catch {
      close(next)
      throw error
    }
    let old = descriptor
    descriptor = next
    claim = nextClaim
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
    } catch  where error.code == EBADF && !isOwned {
      isAbandoned = true
      refusal = LogError(file: name, reason: "is closed")
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
  /// Whether the file is read, or written, at the same time.
  var isAboutInput = false
  var description: String { "\(file): \(reason)" }
}
