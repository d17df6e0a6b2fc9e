/// Why a command ends: the line for standard error and the exit status.
package struct CommandFailure: Error, Hashable, Sendable {
  package var status: ExitStatus
  /// Without the `sluice: ` in front.
  package var message: String

  package init(_ status: ExitStatus, _ message: String) {
    self.status = status
    self.message = message
  }

  /// The command line makes no sense.
  ///
  /// - Parameter help: the words between `sluice` and `--help` that show the page about it.
  package static func usage(_ message: String, help: String = "") -> Self {
    var text = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    while text.hasSuffix(".") { text.removeLast() }
    if text.dropFirst().first?.isLowercase == true {
      text = text.prefix(1).lowercased() + text.dropFirst()
    }
    return Self(.usage, text + " (see sluice \(help)--help)")
  }

  /// What a message about an analyzer of the command line says of it, for one about a file.
  var clause: String {
    var text = message[...]
    if text.hasPrefix("-a ") { text = text.dropFirst(3) }
    if text.hasSuffix(" (see sluice --help)") { text = text.dropLast(20) }
    return String(text)
  }

  func report() { Message.show(message) }
}
