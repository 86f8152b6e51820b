/** Chinese of access. */
export const accessZh = {
  name: "访问",
  businessDate: {
    title: "业务日期",
    note: "逾期、期间和执行进度都按它算，不按电脑时钟",
    day: "日期",
    reason: "原因",
    move: "调整",
    moved: "业务日期已调到 {{day}}。",
    onlyAdmin: "只有预算管理员可以调整。",
  },
} as const;
