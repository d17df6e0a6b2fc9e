import Capture

/// `--list-interfaces`: one a line, the name first.
enum InterfaceList {
  static func show() throws(CommandFailure) -> ExitStatus {
    let interfaces: [NetworkInterface]
    do {
      interfaces = try Parts.interfaces()
    } catch {
      throw CommandFailure(.failed, error.description)
    }
    let width = min(16, interfaces.map(\.name.count).max() ?? 0)
    for interface in interfaces {
      StandardStream.output.write(Message.printable(line(interface, width: width)) + "\n")
    }
    return .done
  }

  /// `lo    up, running, loopback; 127.0.0.1/8, ::1/128`
  static func line(_ interface: NetworkInterface, width: Int) -> String {
    let padding = String(repeating: " ", count: max(0, width - interface.name.count))
    let lists = [interface.states, interface.addresses].map { $0.joined(separator: ", ") }
    let parts = (lists + [interface.description ?? ""]).filter { !$0.isEmpty }
    return "\(interface.name)\(padding)  \(parts.joined(separator: "; "))"
  }

  /// What to say of an interface that cannot be opened.
  static func failure(_ error: CaptureError) -> CommandFailure {
    let names = ((try? Parts.interfaces()) ?? []).map(\.name)
    if names.contains(error.file) { return CommandFailure(.usage, error.description) }
    let hint = NearestName.hint(for: error.file, among: names)
    return CommandFailure(.usage, "\(error)\(hint) (see sluice --list-interfaces)")
  }
}
