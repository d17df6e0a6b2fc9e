import Testing

@testable import SluiceCommand

@Suite("--flow ID")
struct FlowSelectorTests {
  @Test("A decimal number is a flow_id")
  func flowID() throws {
    let selector = try #require(FlowSelector(argument: "1234567"))
    #expect(selector.matches(socket(flowID: 1_234_567)))
    #expect(!selector.matches(socket(flowID: 7)))
  }

  @Test("1: and the base64 of a SHA-1 is a Community ID")
  func communityID() {
    let text = "1:LQU9qZlK+B5F3KDmev6m5PMibrg="
    #expect(FlowSelector(argument: text) == .communityID(text))
  }

  @Test(
    "Anything else is refused",
    arguments: [
      "", "x", "-1", "+1", "2251799813685248", "99999999999999999999", "1:", "1:abc", "2:abc",
      "1:LQU9qZlK+B5F3KDmev6m5PMibrgg", "1:LQU9qZlK B5F3KDmev6m5PMibrg=",
    ])
  func refusals(text: String) {
    #expect(FlowSelector(argument: text) == nil)
  }
}
